using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using Sensorium.Cli.Verify.Forward;
using Sensorium.Models.Loading;
using Sensorium.Text.Tokenizers;

namespace Sensorium.Cli.Verify.Kinds;

/// <summary><c>tokenize</c>: texts to ids and back by a tokenizer.json, a SentencePiece model, a tiktoken file, or a vocabulary learnt first.</summary>
sealed class TokenizeCheck : ICheckKind
{
    public string Kind => "tokenize";

    public IEnumerable<CheckRow> Run(Check check, VerifySession session)
    {
        Tokenizer tokenizer;
        if (check.Json.TryGetProperty("training", out JsonElement training))
        {
            var trained = TrainingSteps.Train(check, training);
            foreach (CheckRow row in TrainingSteps.Compare(check, trained))
            {
                yield return row;
            }

            tokenizer = trained.ToTokenizer();
        }
        else
        {
            tokenizer = Open(check, session);
        }

        foreach (CheckRow row in Facts(check, tokenizer))
        {
            yield return row;
        }

        var cases = new CaseCounter(check.Name);
        foreach (JsonElement one in check.Json.GetProperty("cases").EnumerateArray())
        {
            cases.Count(NameOf(one), () => new TokenizeCase(tokenizer, check.Json, one).Difference());
        }

        foreach (CheckRow row in cases.Rows)
        {
            yield return row;
        }
    }

    /// <summary>A file's bytes, unpacked if it is gzipped.</summary>
    public static byte[] Bytes(string file)
    {
        if (!file.EndsWith(".gz", StringComparison.OrdinalIgnoreCase))
        {
            return File.ReadAllBytes(file);
        }

        using var zip = new GZipStream(File.OpenRead(file), CompressionMode.Decompress);
        using var all = new MemoryStream();
        zip.CopyTo(all);
        return all.ToArray();
    }

    /// <summary>The tokenizer of the bundle's model: beside the weights, or in a folder of its own where the model is one of several parts.</summary>
    static Tokenizer OfModel(Check check, VerifySession session)
    {
        string model = check.Bundle.FindModel(check.Text("model")) ?? throw new SkipException("the model is not there");
        string own = Path.Combine(model, "tokenizer");
        string folder = Directory.Exists(own) ? own : model;
        try
        {
            return session.Tokenizer(folder, () => TokenizerFiles.Read(folder));
        }
        catch (TokenizerException e) when (e.Key is "tokenizer_class")
        {
            throw new SkipException(e.Message);
        }
    }

    static Tokenizer Open(Check check, VerifySession session)
    {
        if (check.Text("tokenizer") is not { } named)
        {
            return OfModel(check, session);
        }

        string file = check.Find(named);
        string? pattern = check.Text("pattern");
        return session.Tokenizer(file + pattern, () =>
        {
            byte[] bytes = Bytes(file);
            string name = Path.GetFileName(file);
            string kind = name.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? name[..^3] : name;
            return Path.GetExtension(kind) switch
            {
                ".tiktoken" => Tokenizer.FromTiktoken(bytes, name, pattern!, SpecialTokens(check)),
                ".model" => Tokenizer.FromSentencePiece(bytes, name),
                _ => Tokenizer.FromJson(bytes, name),
            };
        });
    }

    static Dictionary<string, int> SpecialTokens(Check check) =>
        check.Json.GetProperty("special_tokens").EnumerateObject().ToDictionary(t => t.Name, t => t.Value.GetInt32(), StringComparer.Ordinal);

    /// <summary>What a check states of the vocabulary itself.</summary>
    static IEnumerable<CheckRow> Facts(Check check, Tokenizer tokenizer)
    {
        (string Key, int? Actual)[] facts =
        [
            ("vocab_size", tokenizer.VocabularySize), ("unk_id", tokenizer.Special.Unknown), ("bos_id", tokenizer.Special.Bos),
            ("eos_id", tokenizer.Special.Eos), ("pad_id", tokenizer.Special.Pad),
        ];
        foreach ((string key, int? actual) in facts)
        {
            if (check.Json.TryGetProperty(key, out JsonElement expected))
            {
                yield return FieldChecks.Sequence(check.Name, key, [actual ?? -1], [expected.GetInt32()], judge: true);
            }
        }
    }

    static string NameOf(JsonElement one) => one.TryGetProperty("text", out JsonElement text)
        ? string.Create(CultureInfo.InvariantCulture, $"'{Shorten(text.GetString()!)}'")
        : $"ids [{Shorten(string.Join(", ", JsonIds.Of(one.GetProperty("ids"))))}]";

    static string Shorten(string text) => text.Length <= 40 ? text : text[..40] + "…";
}
