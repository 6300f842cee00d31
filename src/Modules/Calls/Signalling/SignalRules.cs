using System.Text;
using ModularChat.Contracts;
using ModularChat.Contracts.Calls;

namespace ModularChat.Calls.Signalling;

/// <summary>What an end may tell the other: bounded, and of the form that a browser reads. What is in a description is for the other end to judge.</summary>
internal static class SignalRules
{
    private const int CandidatesAtOnce = 20, CandidateLength = 512, MidLength = 64, FragmentLength = 256;

    public static void Check(CallSignal signal, CallsOptions options)
    {
        switch (signal.Kind)
        {
            case SignalKind.Offer or SignalKind.Answer when signal.Candidates is null:
                CheckDescription(signal.Sdp, options.MaxDescriptionBytes);
                break;
            case SignalKind.Candidates when signal.Sdp is null:
                CheckCandidates(signal.Candidates);
                break;
            case SignalKind.Restart when signal is { Sdp: null, Candidates: null }:
                break;
            default:
                throw ChatException.Invalid("signal", "offer and answer have sdp, candidates has candidates, and restart neither.");
        }
    }

    private static void CheckDescription(string? sdp, int maxBytes)
    {
        if (sdp is null)
        {
            throw ChatException.Invalid("sdp", "sdp is missing.");
        }
        if (sdp.Length > maxBytes || Encoding.UTF8.GetByteCount(sdp) > maxBytes)
        {
            throw ChatException.TooLong("sdp", maxBytes, "bytes");
        }
        if (!sdp.StartsWith("v=0\r\n", StringComparison.Ordinal) || !sdp.EndsWith('\n'))
        {
            throw ChatException.Invalid("sdp", "sdp is no session description: it begins with v=0 and ends with a line.");
        }
        foreach (var line in sdp.AsSpan().EnumerateLines())
        {
            // RFC 8866, section 5: a letter, an equals sign and a value.
            if (!line.IsEmpty && (line.Length < 2 || !char.IsAsciiLetterLower(line[0]) || line[1] != '=' || line.ContainsAnyInRange('\0', '\u001f')))
            {
                throw ChatException.Invalid("sdp", "sdp is no session description: a line is no letter with a value.");
            }
        }
    }

    private static void CheckCandidates(IceCandidate[]? candidates)
    {
        if (candidates is not { Length: > 0 })
        {
            throw ChatException.Invalid("candidates", "candidates are missing.");
        }
        if (candidates.Length > CandidatesAtOnce)
        {
            throw ChatException.TooLong("candidates", CandidatesAtOnce, "candidates");
        }
        foreach (var one in candidates)
        {
            if (one?.Candidate is null || one.SdpMLineIndex is < 0 or > 255 || !IsPlain(one.Candidate) || !IsPlain(one.SdpMid) || !IsPlain(one.UsernameFragment))
            {
                throw ChatException.Invalid("candidates", "One of the candidates is none.");
            }
            if (one.Candidate.Length > CandidateLength || one.SdpMid?.Length > MidLength || one.UsernameFragment?.Length > FragmentLength)
            {
                throw ChatException.TooLong("candidates", CandidateLength, "characters");
            }
        }
    }

    private static bool IsPlain(string? text) => text?.AsSpan().ContainsAnyExceptInRange(' ', '~') != true;
}
