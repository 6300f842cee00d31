using System.Text.Json;
using ModularChat.Contracts;

namespace ModularChat.IntegrationTests.Servers;

/// <summary>Reads refusals.</summary>
internal static class Problems
{
    /// <summary>The answer must be this problem in the form of docs/protocol.md section 3; returns its object for more.</summary>
    public static async Task<JsonElement> ShouldBeProblemAsync(this HttpResponseMessage response, ProblemCode expected)
    {
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        ((int)response.StatusCode).ShouldBe(expected.Status, text);
        (response.Content.Headers.ContentType?.MediaType).ShouldBe("application/problem+json", text);
        using var document = JsonDocument.Parse(text);
        var problem = document.RootElement.Clone();
        problem.GetProperty("code").GetString().ShouldBe(expected.Code, text);
        problem.GetProperty("status").GetInt32().ShouldBe(expected.Status);
        problem.GetProperty("retryable").GetBoolean().ShouldBe(expected.Retryable);
        problem.GetProperty("title").GetString().ShouldNotBeNullOrEmpty();
        problem.GetProperty("detail").GetString().ShouldNotBeNullOrEmpty();
        if (expected.Status == 401)
        {
            response.Headers.WwwAuthenticate.ToString().ShouldBe("Bearer");
        }
        return problem;
    }
}
