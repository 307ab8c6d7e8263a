-- What is right with coupons.
CREATE PROCEDURE redeem(p_code text) LANGUAGE plpgsql AS $$
BEGIN
    UPDATE coupons SET used_count = used_count + 1 WHERE code = p_code AND used_count < max_uses; -- fine: LIM001
    IF NOT FOUND THEN
        RAISE EXCEPTION 'used up';
    END IF;
END;
$$;
