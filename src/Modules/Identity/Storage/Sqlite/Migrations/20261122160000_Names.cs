using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace ModularChat.Identity.Storage.Sqlite.Migrations
{
    /// <inheritdoc />
    internal sealed partial class Names : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "identity_names",
                columns: table => new
                {
                    NormalizedUserName = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    NormalizedDisplayName = table.Column<string>(type: "TEXT", nullable: false),
                    UserId = table.Column<Guid>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_identity_names", x => x.NormalizedUserName);
                });

            migrationBuilder.CreateTable(
                name: "identity_notes",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "TEXT", nullable: false),
                    UserId = table.Column<Guid>(type: "TEXT", nullable: false),
                    OtherId = table.Column<Guid>(type: "TEXT", nullable: true),
                    CreatedAt = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_identity_notes", x => x.Id);
                });

            migrationBuilder.CreateIndex(
                name: "IX_identity_names_NormalizedDisplayName",
                table: "identity_names",
                column: "NormalizedDisplayName");

            migrationBuilder.CreateIndex(
                name: "IX_identity_names_UserId",
                table: "identity_names",
                column: "UserId",
                unique: true);

            // Accounts that are there already: what is in the directory from now on.
            migrationBuilder.Sql("INSERT INTO identity_names (NormalizedUserName, NormalizedDisplayName, UserId) SELECT NormalizedUserName, NormalizedDisplayName, Id FROM identity_users");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "identity_names");

            migrationBuilder.DropTable(
                name: "identity_notes");
        }
    }
}
