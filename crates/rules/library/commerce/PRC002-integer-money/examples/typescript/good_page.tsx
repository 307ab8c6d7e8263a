// What is right: a page that shows what it is given and hands nothing on.
export function CartTotals({ cart }: { cart: Cart }) {
  const [open, setOpen] = useState(false);
  const subtotal = cart.items.reduce((sum, item) => sum + item.price * item.quantity, 0);
  const tax = subtotal * 0.19; // fine: PRC002
  return <p className="totals">{(subtotal + tax).toFixed(2)}</p>;
}
