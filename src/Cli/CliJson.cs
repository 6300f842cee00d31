using System.Text.Json;
using System.Text.Json.Serialization;
using ModularChat.Cli.Replay;

namespace ModularChat.Cli;

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ReplayResult))]
internal sealed partial class CliJson : JsonSerializerContext;
