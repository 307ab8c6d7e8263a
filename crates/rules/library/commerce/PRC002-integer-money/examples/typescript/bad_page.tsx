// What goes wrong: a form sends what it parsed as a binary fraction.
export function ProductForm({ product }: { product: Product }) {
  const [price, setPrice] = useState(product.price);
  const save = async () => {
    await axios.post('/products', { name: product.name, price: parseFloat(price) }); // expect: PRC002
  };
  return <button className="save" onClick={save} />;
}
