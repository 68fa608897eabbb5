using System.Globalization;
using System.Text.Json;
using Sensorium.Cli.Verify.Forward;
using Sensorium.Models.Loading;
using Sensorium.Text.Tokenizers;

namespace Sensorium.Cli.Verify.Kinds;

/// <summary><c>tokenizers</c>: GGUF vocabularies with llama.cpp's own texts and the ids it gives.</summary>
sealed class GgufVocabularies : IBundleKind
{
    public string Name => "tokenizers";

    public IEnumerable<CheckRow> Run(Bundle bundle, VerifySession session)
    {
        foreach (JsonProperty entry in bundle.Json.GetProperty("vocabs").EnumerateObject())
        {
            string file = entry.Value.GetProperty("gguf").GetString()!;
            if (Open(bundle, file) is not { } tokenizer)
            {
                yield return new CheckRow(entry.Name, "cases", Verdict.Skipped) { Detail = $"{file} is not there" };
                continue;
            }

            yield return FieldChecks.Sequence(entry.Name, "vocab", [tokenizer.IdLimit], [entry.Value.GetProperty("vocab").GetInt32()], judge: true);
            foreach (CheckRow row in Texts(bundle, entry, tokenizer).Concat(Further(bundle, entry.Name, tokenizer)))
            {
                yield return row;
            }
        }
    }

    /// <summary>The file as it is, or unpacked for a moment: GGUF files are mapped.</summary>
    static Tokenizer? Open(Bundle bundle, string file)
    {
        if (bundle.Find(file) is { } path)
        {
            return TokenizerFiles.Read(path);
        }

        if (bundle.Find(file + ".gz") is not { } packed)
        {
            return null;
        }

        string unpacked = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(unpacked, TokenizeCheck.Bytes(packed));
            return TokenizerFiles.Read(unpacked);
        }
        finally
        {
            File.Delete(unpacked);
        }
    }

    static IEnumerable<CheckRow> Texts(Bundle bundle, JsonProperty entry, Tokenizer tokenizer)
    {
        if (bundle.Find(entry.Value.GetProperty("inp").GetString()!) is not { } input || bundle.Find(entry.Value.GetProperty("out").GetString()!) is not { } output)
        {
            yield break;
        }

        string[] texts = File.ReadAllText(input).Split(bundle.Json.GetProperty("separator").GetString());
        string[] lines = File.ReadAllText(output).Split('\n');
        var cases = new CaseCounter(entry.Name);
        for (int i = 0; i < entry.Value.GetProperty("n_texts").GetInt32(); i++)
        {
            string text = texts[i];
            int[] expected = [.. lines[i].Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(n => int.Parse(n, CultureInfo.InvariantCulture))];
            cases.Count(text, () => Difference("ids", tokenizer.EncodeIds(text, addSpecialTokens: false, parseSpecialTokens: false), expected));
        }

        foreach (CheckRow row in cases.Rows)
        {
            yield return row;
        }
    }

    static IEnumerable<CheckRow> Further(Bundle bundle, string name, Tokenizer tokenizer)
    {
        if (!bundle.Json.TryGetProperty("extra_cases", out JsonElement all) || !all.TryGetProperty(name, out JsonElement list))
        {
            return [];
        }

        var cases = new CaseCounter(name);
        foreach (JsonElement one in list.EnumerateArray())
        {
            string text = one.GetProperty("text").GetString()!;
            foreach ((string key, bool special, bool parse) in (ReadOnlySpan<(string, bool, bool)>)[("ids", false, false), ("ids_special", true, false), ("ids_parse", false, true)])
            {
                if (one.TryGetProperty(key, out JsonElement ids))
                {
                    cases.Count(text, () => Difference(key, tokenizer.EncodeIds(text, special, parse), JsonIds.Of(ids)));
                }
            }
        }

        return cases.Rows;
    }

    static string? Difference(string key, int[] actual, int[] expected) =>
        actual.AsSpan().SequenceEqual(expected) ? null : $"{key} are [{string.Join(", ", actual)}], expected [{string.Join(", ", expected)}]";
}
