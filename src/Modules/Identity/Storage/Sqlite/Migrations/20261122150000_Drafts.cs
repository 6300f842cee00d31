using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace ModularChat.Identity.Storage.Sqlite.Migrations
{
    /// <inheritdoc />
    internal sealed partial class Drafts : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "Region",
                table: "identity_sessions",
                type: "TEXT",
                maxLength: 64,
                nullable: true);

            migrationBuilder.CreateTable(
                name: "identity_drafts",
                columns: table => new
                {
                    UserId = table.Column<Guid>(type: "TEXT", nullable: false),
                    ConversationId = table.Column<Guid>(type: "TEXT", nullable: false),
                    Text = table.Column<string>(type: "TEXT", nullable: false),
                    ReplyTo = table.Column<long>(type: "INTEGER", nullable: true),
                    ClientMessageId = table.Column<Guid>(type: "TEXT", nullable: true),
                    At = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_identity_drafts", x => new { x.UserId, x.ConversationId });
                });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "identity_drafts");

            migrationBuilder.DropColumn(
                name: "Region",
                table: "identity_sessions");
        }
    }
}
