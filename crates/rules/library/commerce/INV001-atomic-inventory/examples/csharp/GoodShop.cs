// What is right with EF Core, Dapper and ADO.NET.
public class OrderService
{
    public async Task Buy(int id, int quantity)
    {
        var changed = await _context.Products.Where(p => p.Id == id && p.Stock >= quantity)
            .ExecuteUpdateAsync(s => s.SetProperty(p => p.Stock, p => p.Stock - quantity)); // fine: INV001
        if (changed == 0) throw new SoldOut();
    }

    public async Task Locked(int id, int quantity)
    {
        var product = await _context.Products.FromSqlRaw("SELECT * FROM Products WITH (UPDLOCK) WHERE Id = {0}", id).FirstAsync();
        product.Stock -= quantity; // fine: INV001
        await _context.SaveChangesAsync();
    }

    public async Task Versioned(int id, int quantity)
    {
        var level = await _context.StockLevels.FindAsync(id);
        level.OnHand -= quantity; // fine: INV001
        await _context.SaveChangesAsync();
    }

    public async Task Serializable(int id, int quantity)
    {
        using var transaction = await _context.Database.BeginTransactionAsync(IsolationLevel.Serializable);
        var product = await _context.Products.FindAsync(id);
        product.Stock -= quantity; // fine: INV001
        await _context.SaveChangesAsync();
    }

    public async Task Dapper(int id, int quantity)
    {
        var rows = await _connection.ExecuteAsync("UPDATE Products SET Stock = Stock - @quantity WHERE Id = @id AND Stock >= @quantity", new { quantity, id }); // fine: INV001
        if (rows == 0) throw new SoldOut();
    }

    public async Task SetStock(int id, ProductDto dto)
    {
        var product = await _context.Products.FindAsync(id);
        product.Stock = dto.Stock; // fine: INV001
        await _context.SaveChangesAsync();
    }

    public async Task Cart(int id)
    {
        var item = await _context.CartItems.FindAsync(id);
        item.Quantity += 1; // fine: INV001
        await _context.SaveChangesAsync();
        var line = await _context.OrderLines.FindAsync(id);
        line.Quantity--; // fine: INV001
        await _context.SaveChangesAsync();
    }

    public int Total(List<Product> products)
    {
        var stock = 0;
        foreach (var product in products) stock += product.Stock; // fine: INV001
        return stock;
    }
}

[Table("StockLevels")]
public class StockLevel
{
    public int OnHand { get; set; }
    [Timestamp]
    public byte[] RowVersion { get; set; }
}

public class Shelf
{
    public int Stock { get; set; }

    public void Take(int quantity)
    {
        Stock -= quantity; // fine: INV001
    }
}

public class Preview
{
    public async Task<Product> After(int id, int wanted)
    {
        var product = await _context.Products.AsNoTracking().FirstAsync(p => p.Id == id);
        product.Stock -= wanted; // fine: INV001
        return product;
    }
}

public class GuardedShelf
{
    public async Task<bool> SellAsync(IMongoCollection<Product> products, ObjectId id, int wanted)
    {
        var filter = Builders<Product>.Filter.And(
            Builders<Product>.Filter.Eq(product => product.Id, id),
            Builders<Product>.Filter.Gte(product => product.Stock, wanted));
        var change = Builders<Product>.Update.Inc(product => product.Stock, -wanted); // fine: INV001
        var done = await products.UpdateOneAsync(filter, change);
        return done.ModifiedCount == 1;
    }
}
