// What is right with Mongoose and MongoDB.
const Product = require("./models/product");

exports.placeOrder = async (req, res) => {
  const { productId, quantity } = req.body;
  const result = await Product.updateOne({ _id: productId, stock: { $gte: quantity } }, { $inc: { stock: -quantity } }); // fine: INV001
  if (result.modifiedCount !== 1) return res.status(409).send("sold out");
  res.status(201).end();
};

exports.placeOne = async (req, res) => {
  const product = await Product.findOneAndUpdate({ _id: req.params.id, countInStock: { $gt: 0 } }, { $inc: { countInStock: -1 } }, { new: true }); // fine: INV001
  if (!product) return res.status(409).end();
  res.json(product);
};

exports.cancel = async (req, res) => {
  await Product.updateOne({ _id: req.params.id }, { $inc: { stock: req.body.quantity } }); // fine: INV001
  res.end();
};

exports.addToCart = async (req, res) => {
  const cart = await Cart.findOne({ user: req.user.id });
  const product = cart.products.find((entry) => entry.productId === req.body.productId);
  product.quantity += 1; // fine: INV001
  await cart.save();
  const index = cart.items.findIndex((entry) => entry.id === req.body.id);
  cart.items[index].quantity -= 1; // fine: INV001
  await cart.save();
};

exports.editProduct = async (req, res) => {
  const product = await Product.findById(req.params.id);
  product.name = req.body.name;
  product.countInStock = req.body.countInStock; // fine: INV001
  await product.save();
};

exports.preview = async (req, res) => {
  const product = await Product.findById(req.params.id).lean();
  product.stock -= 1; // fine: INV001
  res.json(product);
};

function setByPerson(connection, row, form) {
  connection.query("UPDATE products SET ? WHERE ?", [{ stock: form.stock }, { id: row.id }]); // fine: INV001
}

// Read and changed inside one transaction of MongoDB: whoever comes second meets a write conflict.
exports.sellInSession = async (id, wanted) => {
  const session = await mongoose.startSession();
  await session.withTransaction(async () => {
    const goods = await Goods.findById(id).session(session);
    if (goods.stock < wanted) throw new Error("sold out");
    goods.stock -= wanted; // fine: INV001
    await goods.save({ session });
  });
};

exports.sellInSessionByStep = async (id, wanted, session) => {
  const goods = await Goods.findOne({ _id: id }, null, { session });
  if (goods.stock < wanted) throw new Error("sold out");
  await Goods.updateOne({ _id: id }, { $inc: { stock: -wanted } }, { session }); // fine: INV001
};

exports.sellFromMap = async (lines, session) => {
  const shelves = await Inventory.find({ goods: lines.map((line) => line.id) }).session(session);
  const inventoryMap = new Map(shelves.map((shelf) => [String(shelf.goods), shelf]));
  for (const line of lines) {
    const inventory = inventoryMap.get(String(line.id));
    inventory.reserved += line.wanted; // fine: INV001
    await inventory.save({ session });
  }
};
