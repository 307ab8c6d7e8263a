-- What goes wrong with coupons.
CREATE PROCEDURE redeem(p_code text) LANGUAGE plpgsql AS $$
BEGIN
    UPDATE coupons SET used_count = used_count + 1 WHERE code = p_code; -- expect: LIM001
END;
$$;
UPDATE gift_cards SET balance = balance - 500 WHERE number = 'A1'; -- expect: LIM001
