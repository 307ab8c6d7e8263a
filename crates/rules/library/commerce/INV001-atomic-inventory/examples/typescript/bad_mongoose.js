// What goes wrong with Mongoose.
const Product = require("./models/product");
const { io } = require("./socket");

exports.placeOrder = async (req, res) => {
  for (const item of req.body.items) {
    const product = await Product.findById(item.productId);
    if (product.stock < item.quantity) return res.status(400).send("sold out");
    product.stock -= item.quantity; // expect: INV001
    await product.save();
  }
  res.status(201).send("ok");
};

exports.pay = async (req, res) => {
  const order = await Order.findById(req.params.id);
  await Promise.all(
    order.orderItems.map(async (item) => {
      const product = await Product.findById(item.product);
      product.countInStock = product.countInStock - item.qty; // expect: INV001
      return product.save({ validateBeforeSave: false });
    }),
  );
};

async function updateStock(id, quantity) {
  const product = await Product.findById(id);
  product.Stock -= quantity; // expect: INV001
  await product.save({ validateBeforeSave: false });
}

exports.checkout = async (req, res) => {
  const { productId, quantity } = req.body;
  const product = await Product.findById(productId);
  if (product.quantity >= quantity) {
    await Product.findByIdAndUpdate(productId, { quantity: product.quantity - quantity }); // expect: INV001
  }
  await Product.updateOne({ _id: productId }, { $inc: { quantity: -quantity, sold: +quantity } }); // expect: INV001
  await Product.findOneAndUpdate({ _id: productId, stock: { $gte: quantity } }, { $inc: { stock: -quantity } }); // expect: INV001
  io.emit("sold", updateStock);
  res.end();
};

exports.bulk = async (req, res) => {
  const operations = req.body.cart.map((item) => ({
    updateOne: { filter: { _id: item.product._id }, update: { $inc: { quantity: -item.count, sold: +item.count } } }, // expect: INV001
  }));
  await Product.bulkWrite(operations, {});
  res.end();
};

function sellByDriver(connection, row, wanted) {
  const left = (row.stock -= wanted);
  connection.query("UPDATE products SET ? WHERE ?", [{ stock: left }, { id: row.id }]); // expect: INV001
}

function sellByText(connection, rows, wanted) {
  const left = rows[0].stock_quantity - wanted;
  connection.query(`UPDATE products SET stock_quantity = ${left} WHERE id = 1`); // expect: INV001
}

async function sellInFirebase(productId, product) {
  await database().ref(`products/${productId}/stock`).set(product.stock - 1); // expect: INV001
}

// The session reaches the change but not the read: the transaction does not know what was read.
exports.sellHalfInSession = async (id, wanted, session) => {
  const goods = await Goods.findById(id);
  if (goods.stock < wanted) throw new Error("sold out");
  await Goods.updateOne({ _id: id }, { $inc: { stock: -wanted } }, { session }); // expect: INV001
};
