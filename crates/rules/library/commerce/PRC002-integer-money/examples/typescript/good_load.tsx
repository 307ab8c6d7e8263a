// What is right: what a server sent is parsed to be shown.
export function Cart() {
  const load = async () => {
    const cart = await api.cart();
    setTotal(parseFloat(cart.total)); // fine: PRC002
  };
  return <button className="load" onClick={load} />;
}
