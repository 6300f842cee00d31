using System.Data.Common;
using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage;

namespace ModularChat.Notifications.Storage.Sqlite;

/// <summary>Many rows by one prepared statement. SQLite has no batches, so a context would make a command for each, and tracking them costs more than writing them.</summary>
internal static class RowInsert
{
    /// <summary>In the transaction of <paramref name="db"/>.</summary>
    public static async Task InsertAsync<T>(DbContext db, IReadOnlyCollection<T> rows, CancellationToken token) where T : class
    {
        if (rows.Count == 0)
        {
            return;
        }
        var type = db.Model.FindEntityType(typeof(T))!;
        IProperty[] properties = [.. type.GetProperties()];
        await using var command = db.Database.GetDbConnection().CreateCommand();
        command.Transaction = db.Database.CurrentTransaction!.GetDbTransaction();
        var names = properties.Select(property => $"\"{property.GetColumnName()}\"");
        var values = properties.Select((_, i) => Name(i));
        command.CommandText = $"INSERT INTO \"{type.GetTableName()}\" ({string.Join(", ", names)}) VALUES ({string.Join(", ", values)})";
        var parameters = properties.Select((_, i) => Add(command, Name(i))).ToArray();
        foreach (var row in rows)
        {
            for (var i = 0; i < properties.Length; i++)
            {
                var value = properties[i].PropertyInfo!.GetValue(row);
                parameters[i].Value = value is null ? DBNull.Value : properties[i].GetTypeMapping().Converter?.ConvertToProvider(value) ?? value;
            }
            await command.ExecuteNonQueryAsync(token);
        }
    }

    private static string Name(int i) => "@p" + i.ToString(CultureInfo.InvariantCulture);

    private static DbParameter Add(DbCommand command, string name)
    {
        var parameter = command.CreateParameter();
        parameter.ParameterName = name;
        command.Parameters.Add(parameter);
        return parameter;
    }
}
