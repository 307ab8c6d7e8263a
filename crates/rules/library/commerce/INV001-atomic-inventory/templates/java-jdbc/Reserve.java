import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;

/** Holds every line of a cart, or none. */
public final class Reserve {
    /** A quantity of one SKU at one location. */
    public record Line(String sku, String location, long quantity) {}

    /** There is not enough of this SKU. */
    public static final class SoldOut extends Exception {
        public SoldOut(String sku) {
            super("sold out: " + sku);
        }
    }

    private record Key(String sku, String location) {}

    private static final String HOLD =
        "UPDATE inventory SET available = available - ?, reserved = reserved + ?"
            + " WHERE sku = ? AND location = ? AND available >= ?";

    private Reserve() {}

    /** Call it with auto-commit off, and roll back when it throws. */
    public static void reserve(Connection connection, List<Line> lines) throws SQLException, SoldOut {
        // Equal SKUs are one line, and every buyer touches rows in the same order: no deadlocks.
        var summed = new TreeMap<Key, Long>(Comparator.comparing(Key::sku).thenComparing(Key::location));
        for (Line line : lines) {
            if (line.quantity() <= 0) throw new IllegalArgumentException("quantity of " + line.sku());
            summed.merge(new Key(line.sku(), line.location()), line.quantity(), Math::addExact);
        }
        try (PreparedStatement hold = connection.prepareStatement(HOLD)) {
            for (var entry : summed.entrySet()) {
                hold.setLong(1, entry.getValue());
                hold.setLong(2, entry.getValue());
                hold.setString(3, entry.getKey().sku());
                hold.setString(4, entry.getKey().location());
                hold.setLong(5, entry.getValue());
                if (hold.executeUpdate() != 1) throw new SoldOut(entry.getKey().sku());
            }
        }
    }
}
