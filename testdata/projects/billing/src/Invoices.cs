using Dapper;
using Npgsql;

namespace Billing;

/// <summary>Invoices, over Dapper, Npgsql and Entity Framework.</summary>
public class Invoices
{
    private const string Columns = "id, number, total, issued_on";

    public Task<Invoice> Get(Guid accountId, string number) =>
        _connection.QuerySingleAsync<Invoice>(
            $"SELECT {Columns} FROM billing_invoice WHERE account_id = @AccountId AND number = @Number",
            new { AccountId = accountId, Number = number });

    // Whoever knows the id reads the invoice.
    public Task<Invoice> GetAny(Guid id) =>
        _connection.QuerySingleAsync<Invoice>($"SELECT {Columns} FROM billing_invoice WHERE id = @id", new { id });

    // Lines belong to the account of their invoice.
    public async Task<IEnumerable<Line>> Lines(Guid accountId, Guid invoiceId)
    {
        const string sql = """
            SELECT l.id, l.text
              FROM billing_line l JOIN billing_invoice i ON i.id = l.invoice_id
             WHERE i.account_id = @account AND l.invoice_id = @invoice
            """;
        await using var command = new NpgsqlCommand(sql, _connection);
        command.Parameters.AddWithValue("account", accountId);
        command.Parameters.AddWithValue("invoice", invoiceId);
        return await Read(command);
    }

    public IQueryable<Invoice> Search(Guid accountId, DateOnly? since, bool newest)
    {
        var sql = new StringBuilder(@"SELECT * FROM billing_invoice WHERE ""account_id"" = @account");
        if (since != null)
        {
            sql.Append(" AND issued_on >= @since");
        }
        sql.Append(" ORDER BY ").Append(newest ? "issued_on DESC" : "issued_on");
        return _connection.Query<Invoice>(sql.ToString(), new { account = accountId, since });
    }

    public IQueryable<Invoice> Of(Guid accountId) =>
        _context.Invoices.FromSqlInterpolated($"SELECT * FROM billing_invoice WHERE account_id = {accountId}");

    // The number is pasted in, as FromSqlRaw takes it.
    public IQueryable<Invoice> ByNumber(Guid accountId, string number) =>
        _context.Invoices.FromSqlRaw($"SELECT * FROM billing_invoice WHERE account_id = '{accountId}' AND number = '{number}'");

    // The prefix of the tables is configured.
    public int Count(Guid accountId) =>
        _connection.ExecuteScalar<int>($"SELECT count(*) FROM {_prefix}invoice WHERE account_id = @accountId", new { accountId });

    public void Purge()
    {
        // sqlmoat: cross-tenant old invoices of every account go
        _connection.Execute("DELETE FROM billing_invoice WHERE issued_on < now() - interval '10 years'");
    }

    public string Hint() => "Select an invoice from the list, or update its total";
}
