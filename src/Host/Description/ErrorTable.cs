using System.Globalization;
using System.Reflection;
using System.Text;
using ModularChat.Contracts;
using ModularChat.Host.Gateway;

namespace ModularChat.Host.Description;

/// <summary>Problem codes and close codes as one document.</summary>
internal static class ErrorTable
{
    public static string Make()
    {
        var text = new StringBuilder("""
            # Errors

            Made from the code by `dotnet run --project src/Host -- --write-docs docs`; a test compares. `docs/protocol.md` says how problems look
            (section 3), what each code means (section 12) and how a client comes back after a close (section 10); the operations are those of `docs/openapi.json`.

            ## Problems

            | code | status | retryable | title | answered by |
            | --- | --- | --- | --- | --- |

            """);
        foreach (var code in Fields<ProblemCode>(typeof(ProblemCodes)).OrderBy(c => c.Status).ThenBy(c => c.Code, StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"| `{code.Code}` | {code.Status} | {(code.Retryable ? "yes" : "no")} | {code.Title} | {By(code)} |\n");
        }
        text.Append("""

            ## Close codes of the WebSocket

            | code | reason | come back? |
            | --- | --- | --- |

            """);
        foreach (var reason in Fields<CloseReason>(typeof(CloseReason)).OrderBy(r => r.Code))
        {
            text.Append(CultureInfo.InvariantCulture, $"| {reason.Code} | {reason.Text} | {ComeBack(reason.Code)} |\n");
        }
        return text.ToString();
    }

    private static string By(ProblemCode code)
    {
        var own = OperationList.All.Where(o => o.Problems.Contains(code)).Select(o => $"`{o.Id}`").ToList();
        return OperationList.IsGeneral(code) ? "any operation"
            : own.Count > 0 ? string.Join(", ", own)
            : "a frame of the WebSocket";
    }

    private static string ComeBack(int code) => code switch
    {
        1000 => "no: the client closed",
        1001 => "yes, after a second with jitter",
        1009 => "yes, without that frame",
        >= 4000 and < 4100 => "yes, with the cursor",
        _ => "no, until something is changed",
    };

    private static IEnumerable<T> Fields<T>(Type holder) =>
        holder.GetFields(BindingFlags.Public | BindingFlags.Static).Where(f => f.FieldType == typeof(T)).Select(f => (T)f.GetValue(null)!);
}
