using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace ModularChat.Notifications.Storage.Sqlite.Migrations
{
    /// <inheritdoc />
    internal sealed partial class Lines : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_push_queue_State_DueAt",
                table: "push_queue");

            migrationBuilder.CreateIndex(
                name: "IX_push_queue_State_DueAt",
                table: "push_queue",
                columns: new[] { "State", "DueAt" },
                filter: "\"Subject\" <> 0");

            migrationBuilder.CreateIndex(
                name: "IX_push_queue_State_Provider_DueAt",
                table: "push_queue",
                columns: new[] { "State", "Provider", "DueAt" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_push_queue_State_DueAt",
                table: "push_queue");

            migrationBuilder.DropIndex(
                name: "IX_push_queue_State_Provider_DueAt",
                table: "push_queue");

            migrationBuilder.CreateIndex(
                name: "IX_push_queue_State_DueAt",
                table: "push_queue",
                columns: new[] { "State", "DueAt" });
        }
    }
}
