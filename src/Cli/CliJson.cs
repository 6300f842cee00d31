using System.Text.Json;
using System.Text.Json.Serialization;
using ModularChat.Cli.Bench;
using ModularChat.Cli.Replay;

namespace ModularChat.Cli;

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ReplayResult))]
[JsonSerializable(typeof(List<BenchFigures>))]
internal sealed partial class CliJson : JsonSerializerContext;
