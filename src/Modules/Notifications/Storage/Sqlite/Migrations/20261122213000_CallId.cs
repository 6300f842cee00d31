using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace ModularChat.Notifications.Storage.Sqlite.Migrations
{
    /// <inheritdoc />
    internal sealed partial class CallId : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<Guid>(
                name: "CallId",
                table: "push_queue",
                type: "TEXT",
                nullable: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "CallId",
                table: "push_queue");
        }
    }
}
