// What goes wrong with EF Core, Dapper and ADO.NET.
public class OrderService
{
    public async Task Buy(int id, int quantity)
    {
        var product = await _context.Products.FindAsync(id);
        if (product.Stock < quantity) throw new SoldOut();
        product.Stock -= quantity; // expect: INV001
        await _context.SaveChangesAsync();
    }

    public async Task BuyAll(Order order)
    {
        foreach (var item in order.Items)
        {
            var product = await _context.Products.FirstOrDefaultAsync(p => p.Id == item.ProductId);
            product.StockQuantity = product.StockQuantity - item.Quantity; // expect: INV001
        }
        await _context.SaveChangesAsync();
    }

    public void BuyByRepository(int id, int quantity)
    {
        var product = _productRepository.GetById(id);
        product.Stock -= quantity; // expect: INV001
        _productRepository.Update(product);
    }

    public async Task Step(int id, int quantity)
    {
        await _context.Products.Where(p => p.Id == id)
            .ExecuteUpdateAsync(s => s.SetProperty(p => p.Stock, p => p.Stock - quantity)); // expect: INV001
    }

    public async Task Raw(int id, int quantity)
    {
        await _context.Database.ExecuteSqlRawAsync("UPDATE Products SET Stock = Stock - {0} WHERE Id = {1}", quantity, id); // expect: INV001
        await _connection.ExecuteAsync("UPDATE Inventory SET Quantity = Quantity - @quantity WHERE ProductId = @id", new { quantity, id }); // expect: INV001
        await _connection.ExecuteAsync("UPDATE Products SET Stock = Stock - @quantity WHERE Id = @id AND Stock >= @quantity", new { quantity, id }); // expect: INV001
    }

    public void Ado(SqlConnection connection, int id, int quantity)
    {
        var command = new SqlCommand("UPDATE Products SET Stock = Stock - @quantity WHERE Id = @id", connection); // expect: INV001
        command.ExecuteNonQuery();
    }

    public async Task Restock(int id, int quantity)
    {
        var inventory = await _unitOfWork.Inventories.GetAsync(id);
        inventory.Quantity += quantity; // expect: INV001
        await _unitOfWork.CompleteAsync();
    }
}

[Table("Products")]
public class Product
{
    public int Id { get; set; }
    public int Stock { get; set; }

    public void RemoveStock(int quantity)
    {
        if (Stock < quantity) throw new SoldOut();
        Stock -= quantity; // expect: INV001
    }
}

public class ShelfRepository
{
    public async Task Take(int id, int wanted)
    {
        var product = await _context.Products.FindAsync(id);
        product.Stock -= wanted; // expect: INV001
    }
}

public class Receiving
{
    public async Task Receive(int id, int arrived)
    {
        Inventory row = await _rows.GetByIdAsync(id);
        if (row == null)
        {
            row = new Inventory { ProductId = id, Quantity = arrived };
        }
        else
        {
            row.Quantity += arrived; // expect: INV001
        }
        await _rows.SaveAsync(row);
    }
}

public class ShelfRepository
{
    public async Task<int> SellAsync(IDbConnection connection, string code, int wanted)
    {
        var item = await connection.QueryFirstAsync<Item>("SELECT * FROM items WHERE code = @Code", new { Code = code });
        if (item.QuantityForSale < wanted) return 0;
        var left = item.QuantityForSale - wanted;
        var sql = "UPDATE items SET QuantityForSale = @Left WHERE code = @Code"; // expect: INV001
        return await connection.ExecuteAsync(sql, new { Left = left, Code = code });
    }

    public async Task GiveBackAsync(IDbConnection connection, string code, int returned)
    {
        var item = await connection.QueryFirstAsync<Item>("SELECT * FROM items WHERE code = @Code", new { Code = code });
        item.QuantityForSale += returned; // expect: INV001
        await connection.ExecuteAsync("UPDATE items SET QuantityForSale = @QuantityForSale WHERE Code = @Code", item);
    }

    public void SellByCommand(SqlConnection connection, int id, int wanted)
    {
        var read = new SqlCommand("SELECT Stock FROM Products WHERE Id = @id", connection);
        int stock = Convert.ToInt32(read.ExecuteScalar());
        var write = new SqlCommand("UPDATE Products SET Stock = @stock WHERE Id = @id", connection); // expect: INV001
        write.Parameters.AddWithValue("@stock", stock - wanted);
        write.ExecuteNonQuery();
    }
}

public class ShelfByParameter
{
    public void Sell(SqlConnection connection, int id, int wanted)
    {
        var read = new SqlCommand("SELECT Stock FROM Products WHERE Id = @id", connection);
        int stock = (int)read.ExecuteScalar();
        var change = new SqlCommand("UPDATE Products SET Stock = @stock WHERE Id = @id", connection); // expect: INV001
        change.Parameters.Add("@stock", SqlDbType.Int).Value = stock - wanted;
        change.ExecuteNonQuery();
    }
}

public class ShelfInWords
{
    public void Sell(string code, double wanted)
    {
        double quantity = Convert.ToDouble(Functions.Value("SELECT SoLuong FROM tblHang WHERE MaHang = N'" + code + "'"));
        double left = quantity - wanted;
        string sql = "UPDATE tblHang SET SoLuong = " + left + " WHERE MaHang = N'" + code + "'"; // expect: INV001
        Functions.Run(sql);
    }

    public async Task SellByMethod(Guid id, int wanted)
    {
        var product = await _productRepository.GetByIdAsync(id);
        product.UpdateStock(product.Stock - wanted); // expect: INV001
        await _productRepository.UpdateAsync(product);
    }
}
