using System.Text;
using Sensorium.Text.Tokenizers;
using Sensorium.Text.Tokenizers.Conversion;
using Sensorium.Text.Tokenizers.Patterns;

namespace Sensorium.Text.Tests.Tokenizers;

/// <summary>tokenizer.json. May raise <see cref="TokenizerException"/>, nothing else.</summary>
public static class TokenizerJsonFuzz
{
    /// <summary>Reads one input and encodes and decodes with what it gives.</summary>
    public static void One(ReadOnlySpan<byte> data)
    {
        try
        {
            byte[] json = data.ToArray();
            var tokenizer = Tokenizer.FromJson(json, "fuzz.json");
            FuzzUse.All(tokenizer);
            if (tokenizer.IdLimit < 1 << 16) VocabularyFromHub.Make(json, "fuzz.json", tokenizer, tokenizer.IdLimit, null, new List<string>());
        }
        catch (TokenizerException)
        {
        }
    }
}

/// <summary>SentencePiece models. May raise <see cref="TokenizerException"/>, nothing else.</summary>
public static class SentencePieceFuzz
{
    static readonly string[] Classes = ["", "LlamaTokenizer", "GemmaTokenizer", "T5Tokenizer", "XLMRobertaTokenizer", "SiglipTokenizer"];

    /// <summary>Reads one input, by itself or as a tokenizer class makes it, and encodes and decodes with what it gives.</summary>
    public static void One(ReadOnlySpan<byte> data)
    {
        byte[] model = data.ToArray();
        string name = Classes[data.Length % Classes.Length];
        byte[] config = Encoding.UTF8.GetBytes($$"""{"tokenizer_class":"{{name}}","legacy":{{(data.Length % 2 == 0 ? "true" : "false")}}}""");
        try
        {
            FuzzUse.All(name.Length == 0
                ? Tokenizer.FromSentencePiece(data, "fuzz.model", parseControlPieces: true)
                : Tokenizer.FromFolder(file => file == "tokenizer.model" ? model : file == "tokenizer_config.json" ? config : null, "fuzz")!);
        }
        catch (TokenizerException)
        {
        }
    }
}

/// <summary>tiktoken files. May raise <see cref="TokenizerException"/>, nothing else.</summary>
public static class TiktokenFuzz
{
    /// <summary>Reads one input and encodes and decodes with what it gives.</summary>
    public static void One(ReadOnlySpan<byte> data)
    {
        try
        {
            FuzzUse.All(Tokenizer.FromTiktoken(data, "fuzz.tiktoken", WordPattern.Llama3Regex, new Dictionary<string, int>(StringComparer.Ordinal)));
        }
        catch (TokenizerException)
        {
        }
    }
}

/// <summary>GGUF vocabularies, a line a token of score, type and text. May raise <see cref="TokenizerException"/>, nothing else.</summary>
public static class GgufVocabularyFuzz
{
    static readonly string[] Models = ["gpt2", "llama", "bert", "t5"];
    static readonly string[] Pres = ["gpt-2", "llama-bpe", "smollm", "default", "deepseek-coder", "tekken"];

    /// <summary>Builds a vocabulary from one input and encodes and decodes with it.</summary>
    public static void One(ReadOnlySpan<byte> data)
    {
        if (data.Length < 8) return;
        string[] lines = Encoding.UTF8.GetString(data[8..]).Split('\n');
        var header = data[..8].ToArray();
        try
        {
            var vocabulary = new GgufVocabulary
            {
                Model = Models[header[0] % Models.Length],
                Pre = Pres[header[1] % Pres.Length],
                Tokens = [.. lines.Select(l => l.Length < 2 ? l : l[2..])],
                Scores = [.. lines.Select(l => l.Length == 0 ? 0f : -(l[0] % 50))],
                TokenTypes = [.. lines.Select(l => l.Length < 2 ? 1 : l[1] % 8)],
                Merges = [.. lines.Where(l => l.Length > 2 && l.IndexOf(' ', 3) > 0).Select(l => l[2..])],
                BosId = header[2] - 1,
                EosId = header[3],
                UnknownId = header[4] - 1,
                AddBos = header[5] % 3 == 0 ? null : header[5] % 3 == 1,
                AddSpacePrefix = header[6] % 3 == 0 ? null : header[6] % 3 == 1,
                PrecompiledCharsMap = header[7] % 2 == 0 ? default : Encoding.UTF8.GetBytes(lines[^1]),
            };
            FuzzUse.All(Tokenizer.FromGguf(vocabulary, "fuzz.gguf"));
            using var json = new MemoryStream();
            TokenizerJsonWriter.Write(vocabulary, "fuzz.gguf", json, new List<string>());
            FuzzUse.All(Tokenizer.FromJson(json.ToArray(), "fuzz.json"));
        }
        catch (TokenizerException)
        {
        }
    }
}

/// <summary>A model's folder: settings, vocabulary and merges with U+001E between them. May raise <see cref="TokenizerException"/>, nothing else.</summary>
public static class FolderFuzz
{
    /// <summary>Opens one input, by a class and as SentencePiece's model of every class.</summary>
    public static void One(ReadOnlySpan<byte> data)
    {
        string[] sections = [.. Encoding.UTF8.GetString(data).Split('\u001E'), "", "", "", "", "", ""];
        byte[]? Read(string name) => name switch
        {
            "tokenizer_config.json" => Bytes(0),
            "special_tokens_map.json" => Bytes(1),
            "added_tokens.json" => Bytes(2),
            "merges.txt" => Encoding.UTF8.GetBytes(sections[5]),
            _ => name == sections[3] ? Encoding.UTF8.GetBytes(sections[4]) : null,
        };
        byte[]? Bytes(int section) => sections[section].Length == 0 ? null : Encoding.UTF8.GetBytes(sections[section]);
        try
        {
            if (Tokenizer.FromFolder(Read, "fuzz") is { } tokenizer) FuzzUse.All(tokenizer);
        }
        catch (TokenizerException)
        {
        }
    }
}

/// <summary>SentencePiece's character maps. May raise <see cref="TokenizerException"/>, nothing else.</summary>
public static class CharsMapFuzz
{
    /// <summary>Normalizes with one input, in both ways.</summary>
    public static void One(ReadOnlySpan<byte> data)
    {
        try
        {
            byte[] map = data.ToArray();
            FuzzUse.All(Tokenizer.FromGguf(new() { Model = "t5", Tokens = ["<unk>", "</s>", "▁", "a"], Scores = [0, 0, -1, -1], TokenTypes = [2, 3, 1, 1], UnknownId = 0, EosId = 1, PrecompiledCharsMap = map }, "fuzz.gguf"));
            FuzzUse.All(Small.Load("""{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0],["a",-3]]}""", normalizer: $$"""{"type":"Precompiled","precompiled_charsmap":"{{Convert.ToBase64String(map)}}"}"""));
        }
        catch (TokenizerException)
        {
        }
    }
}

/// <summary>Regular expressions of tokenizer files. May raise <see cref="TokenizerException"/>, nothing else.</summary>
public static class RegexFuzz
{
    /// <summary>Compiles one input and looks for it in a text.</summary>
    public static void One(ReadOnlySpan<byte> data)
    {
        try
        {
            var pattern = RegexPattern.General(Encoding.UTF8.GetString(data), "fuzz", "regex", data.Length % 2 == 0 ? RegexSyntax.Oniguruma : RegexSyntax.Rust);
            var matches = new List<(int Start, int End)>();
            long budget = 1_000_000;
            pattern.FindAll(Sensorium.Text.Tokenizers.Unicode.CodePoints.FromString(FuzzUse.Text), matches, ref budget);
            int last = 0;
            foreach (var (start, end) in matches)
            {
                if (start < last || end < start) throw new InvalidDataException("matches overlap");
                last = end;
            }
        }
        catch (TokenizerException)
        {
        }
    }
}

static class FuzzUse
{
    public const string Text = "The quick  brown fox's 12345 jumps\n\n\tüber \u0301日本語 😀 <s>[MASK]</s> aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.";

    public static void All(Tokenizer tokenizer)
    {
        var encoding = tokenizer.Encode(Text, "A pair", new() { Truncation = new(20), Padding = new(24), ReturnOverflowing = true });
        if (encoding.Ids.Count != encoding.Offsets.Count) throw new InvalidDataException("lists of different lengths");
        int[] ids = tokenizer.EncodeIds(Text);
        string whole = tokenizer.Decode(ids);
        var stream = tokenizer.CreateStreamingDecoder();
        var text = new StringBuilder();
        foreach (int id in ids) text.Append(stream.Append(id));
        text.Append(stream.Flush());
        if (!string.Equals(whole, text.ToString(), StringComparison.Ordinal)) throw new InvalidDataException("streaming gives another text");
        tokenizer.Decode([int.MinValue, -1, 0, 1, 2, 3, tokenizer.IdLimit, int.MaxValue], true);
    }
}
