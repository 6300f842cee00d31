using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace ModularChat.Identity.Storage.Postgres.Migrations
{
    /// <inheritdoc />
    internal sealed partial class Begin : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "identity_applications",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    Name = table.Column<string>(type: "text", maxLength: 64, nullable: false, collation: "C"),
                    KeyHash = table.Column<byte[]>(type: "bytea", nullable: false),
                    Scopes = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    CreatedAt = table.Column<long>(type: "bigint", nullable: false),
                    RevokedAt = table.Column<long>(type: "bigint", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_identity_applications", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "identity_blocks",
                columns: table => new
                {
                    UserId = table.Column<Guid>(type: "uuid", nullable: false),
                    OtherId = table.Column<Guid>(type: "uuid", nullable: false),
                    CreatedAt = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_identity_blocks", x => new { x.UserId, x.OtherId });
                });

            migrationBuilder.CreateTable(
                name: "identity_codes",
                columns: table => new
                {
                    CodeHash = table.Column<byte[]>(type: "bytea", nullable: false),
                    UserId = table.Column<Guid>(type: "uuid", nullable: true),
                    CreatedBy = table.Column<Guid>(type: "uuid", nullable: false),
                    ExpiresAt = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_identity_codes", x => x.CodeHash);
                });

            migrationBuilder.CreateTable(
                name: "identity_drafts",
                columns: table => new
                {
                    UserId = table.Column<Guid>(type: "uuid", nullable: false),
                    ConversationId = table.Column<Guid>(type: "uuid", nullable: false),
                    Text = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    ReplyTo = table.Column<long>(type: "bigint", nullable: true),
                    ClientMessageId = table.Column<Guid>(type: "uuid", nullable: true),
                    At = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_identity_drafts", x => new { x.UserId, x.ConversationId });
                });

            migrationBuilder.CreateTable(
                name: "identity_external_users",
                columns: table => new
                {
                    ApplicationId = table.Column<Guid>(type: "uuid", nullable: false),
                    ExternalId = table.Column<string>(type: "text", maxLength: 128, nullable: false, collation: "C"),
                    UserId = table.Column<Guid>(type: "uuid", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_identity_external_users", x => new { x.ApplicationId, x.ExternalId });
                });

            migrationBuilder.CreateTable(
                name: "identity_facts",
                columns: table => new
                {
                    Key = table.Column<string>(type: "text", maxLength: 32, nullable: false, collation: "C"),
                    Text = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    Number = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_identity_facts", x => x.Key);
                });

            migrationBuilder.CreateTable(
                name: "identity_friendships",
                columns: table => new
                {
                    LowId = table.Column<Guid>(type: "uuid", nullable: false),
                    HighId = table.Column<Guid>(type: "uuid", nullable: false),
                    RequestedBy = table.Column<Guid>(type: "uuid", nullable: false),
                    IsAccepted = table.Column<bool>(type: "boolean", nullable: false),
                    ChangedAt = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_identity_friendships", x => new { x.LowId, x.HighId });
                });

            migrationBuilder.CreateTable(
                name: "identity_names",
                columns: table => new
                {
                    NormalizedUserName = table.Column<string>(type: "text", maxLength: 64, nullable: false, collation: "C"),
                    NormalizedDisplayName = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    UserId = table.Column<Guid>(type: "uuid", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_identity_names", x => x.NormalizedUserName);
                });

            migrationBuilder.CreateTable(
                name: "identity_notes",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    UserId = table.Column<Guid>(type: "uuid", nullable: false),
                    OtherId = table.Column<Guid>(type: "uuid", nullable: true),
                    CreatedAt = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_identity_notes", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "identity_sessions",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    UserId = table.Column<Guid>(type: "uuid", nullable: false),
                    DeviceId = table.Column<Guid>(type: "uuid", nullable: false),
                    TokenHash = table.Column<byte[]>(type: "bytea", nullable: false),
                    DeviceName = table.Column<string>(type: "text", maxLength: 64, nullable: false, collation: "C"),
                    Platform = table.Column<string>(type: "text", maxLength: 64, nullable: false, collation: "C"),
                    CreatedAt = table.Column<long>(type: "bigint", nullable: false),
                    LastUsedAt = table.Column<long>(type: "bigint", nullable: false),
                    ExpiresAt = table.Column<long>(type: "bigint", nullable: false),
                    Region = table.Column<string>(type: "text", maxLength: 64, nullable: true, collation: "C")
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_identity_sessions", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "identity_settings",
                columns: table => new
                {
                    UserId = table.Column<Guid>(type: "uuid", nullable: false),
                    GroupAdditions = table.Column<int>(type: "integer", nullable: false),
                    PresenceVisibility = table.Column<int>(type: "integer", nullable: false),
                    Client = table.Column<string>(type: "text", nullable: false, collation: "C")
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_identity_settings", x => x.UserId);
                });

            migrationBuilder.CreateTable(
                name: "identity_users",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    IsAdministrator = table.Column<bool>(type: "boolean", nullable: false),
                    DisplayName = table.Column<string>(type: "text", maxLength: 64, nullable: false, collation: "C"),
                    NormalizedDisplayName = table.Column<string>(type: "text", maxLength: 256, nullable: false, collation: "C"),
                    AvatarColour = table.Column<string>(type: "text", maxLength: 7, nullable: false, collation: "C"),
                    StatusText = table.Column<string>(type: "text", maxLength: 140, nullable: false, collation: "C"),
                    TimeZone = table.Column<string>(type: "text", maxLength: 64, nullable: false, collation: "C"),
                    CreatedAt = table.Column<long>(type: "bigint", nullable: false),
                    UserName = table.Column<string>(type: "text", maxLength: 64, nullable: false, collation: "C"),
                    NormalizedUserName = table.Column<string>(type: "text", maxLength: 64, nullable: false, collation: "C"),
                    PasswordHash = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    SecurityStamp = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    ConcurrencyStamp = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    LockoutEnd = table.Column<long>(type: "bigint", nullable: true),
                    LockoutEnabled = table.Column<bool>(type: "boolean", nullable: false),
                    AccessFailedCount = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_identity_users", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "identity_versions",
                columns: table => new
                {
                    UserId = table.Column<Guid>(type: "uuid", nullable: false),
                    Subject = table.Column<string>(type: "text", maxLength: 16, nullable: false, collation: "C"),
                    Version = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_identity_versions", x => new { x.UserId, x.Subject });
                });

            migrationBuilder.CreateIndex(
                name: "IX_identity_applications_KeyHash",
                table: "identity_applications",
                column: "KeyHash",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_identity_blocks_OtherId",
                table: "identity_blocks",
                column: "OtherId");

            migrationBuilder.CreateIndex(
                name: "IX_identity_codes_ExpiresAt",
                table: "identity_codes",
                column: "ExpiresAt");

            migrationBuilder.CreateIndex(
                name: "IX_identity_codes_UserId",
                table: "identity_codes",
                column: "UserId");

            migrationBuilder.CreateIndex(
                name: "IX_identity_external_users_UserId",
                table: "identity_external_users",
                column: "UserId");

            migrationBuilder.CreateIndex(
                name: "IX_identity_friendships_HighId",
                table: "identity_friendships",
                column: "HighId");

            migrationBuilder.CreateIndex(
                name: "IX_identity_names_NormalizedDisplayName",
                table: "identity_names",
                column: "NormalizedDisplayName");

            migrationBuilder.CreateIndex(
                name: "IX_identity_names_UserId",
                table: "identity_names",
                column: "UserId",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_identity_sessions_DeviceId",
                table: "identity_sessions",
                column: "DeviceId",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_identity_sessions_ExpiresAt",
                table: "identity_sessions",
                column: "ExpiresAt");

            migrationBuilder.CreateIndex(
                name: "IX_identity_sessions_TokenHash",
                table: "identity_sessions",
                column: "TokenHash",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_identity_sessions_UserId",
                table: "identity_sessions",
                column: "UserId");

            migrationBuilder.CreateIndex(
                name: "IX_identity_users_NormalizedDisplayName",
                table: "identity_users",
                column: "NormalizedDisplayName");

            migrationBuilder.CreateIndex(
                name: "IX_identity_users_NormalizedUserName",
                table: "identity_users",
                column: "NormalizedUserName",
                unique: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "identity_applications");

            migrationBuilder.DropTable(
                name: "identity_blocks");

            migrationBuilder.DropTable(
                name: "identity_codes");

            migrationBuilder.DropTable(
                name: "identity_drafts");

            migrationBuilder.DropTable(
                name: "identity_external_users");

            migrationBuilder.DropTable(
                name: "identity_facts");

            migrationBuilder.DropTable(
                name: "identity_friendships");

            migrationBuilder.DropTable(
                name: "identity_names");

            migrationBuilder.DropTable(
                name: "identity_notes");

            migrationBuilder.DropTable(
                name: "identity_sessions");

            migrationBuilder.DropTable(
                name: "identity_settings");

            migrationBuilder.DropTable(
                name: "identity_users");

            migrationBuilder.DropTable(
                name: "identity_versions");
        }
    }
}
