using System.Globalization;
using Sensorium.Text.Tokenizers.Loading;

namespace Sensorium.Text.Tokenizers.Conversion;

/// <summary>A tokenizer.json as a GGUF vocabulary (llama.cpp, convert_hf_to_gguf.py): byte-level BPE, SentencePiece-like BPE, WordPiece and Unigram.</summary>
public static class VocabularyFromHub
{
    const int Normal = 1, Unknown = 2, Control = 3, UserDefined = 4, Unused = 5, Byte = 6;

    // Different scripts, digits, spaces, contractions, punctuation: what pre-tokenizers and normalizers differ in.
    const string Probe = "Hello, World! I've 12345 apples.  Two  spaces\n\n\tand a tab;\r\nnaïve Ångström café CAN'T we're (x+y)==z?! "
        + "дом Привет 我想在apple工作1314151天 한국어 ภาษาไทย 🚀👩‍💻 e\u0301 ﬁ ①... __init__ https://a.b/c?d=e&f=g#h";

    /// <summary>Makes the vocabulary.</summary>
    /// <param name="json">tokenizer.json.</param>
    /// <param name="file">Its name, for messages.</param>
    /// <param name="tokenizer">The same, read, with what tokenizer_config.json says of special tokens.</param>
    /// <param name="size">How many rows the embedding has; ids beyond the tokens become unused ones.</param>
    /// <param name="pre">A name for <c>tokenizer.ggml.pre</c> that is taken as told; null: found by the file's expressions.</param>
    /// <param name="remarks">Receives what the vocabulary cannot say.</param>
    /// <exception cref="TokenizerException">It is of a kind, or splits text in a way, that llama.cpp does not have.</exception>
    public static GgufVocabulary Make(ReadOnlyMemory<byte> json, string file, Tokenizer tokenizer, int size, string? pre, ICollection<string> remarks)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(remarks);
        using var document = JsonAt.Parse(json, file);
        var root = new JsonAt(document.RootElement, file, "");
        var model = root["model"];
        if (tokenizer.IdLimit > size) throw new TokenizerException(file, "model.vocab", $"has ids up to {tokenizer.IdLimit - 1}, but the model's vocab_size is {size}; take both from the same download");
        string kind = model["type"].String(model["vocab"].IsArray ? "Unigram" : model["merges"].IsNull ? "WordPiece" : "BPE");
        var vocabulary = kind switch
        {
            "BPE" when IsByteLevel(root) => ByteLevel(root, tokenizer, size, pre, remarks),
            "BPE" => ScoredVocabulary.OfBpe(root, tokenizer, Base(tokenizer, size, "llama")),
            "Unigram" => ScoredVocabulary.OfUnigram(root, tokenizer, Base(tokenizer, size, "t5")),
            "WordPiece" => WordPiece(root, tokenizer, size, remarks),
            _ => throw model["type"].Error($"'{kind}' has no form in GGUF; BPE, Unigram and WordPiece have"),
        };
        Normalizers(root, vocabulary.Model, remarks);
        AddedFlags(tokenizer, remarks);
        vocabulary = Frame(tokenizer, vocabulary, remarks);
        Compare(tokenizer, vocabulary, file, remarks);
        return vocabulary;
    }

    /// <summary>Tokens, their types and the special ids; models refine it.</summary>
    static GgufVocabulary Base(Tokenizer tokenizer, int size, string model)
    {
        var tokens = new string[size];
        var types = new int[size];
        for (int id = 0; id < size; id++)
        {
            bool isAdded = tokenizer.AddedTokens.TryGetValue(id, out var added);
            tokens[id] = tokenizer.TokenOf(id) ?? string.Create(CultureInfo.InvariantCulture, $"[PAD{id}]");
            types[id] = isAdded ? (LooksSpecial(added!) ? Control : UserDefined) : tokenizer.TokenOf(id) is null ? Unused : Normal;
        }
        var special = tokenizer.Special;
        return new()
        {
            Model = model,
            Tokens = tokens,
            TokenTypes = types,
            BosId = special.Bos,
            EosId = special.Eos,
            UnknownId = special.Unknown,
            PadId = special.Pad,
            SeparatorId = special.Separator,
            ClassificationId = special.Classification,
            MaskId = special.Mask,
        };
    }

    // Some files forget to call their control tokens special (llama.cpp's converter knows them by their looks).
    static bool LooksSpecial(AddedToken token) =>
        token.Special || token.Content is "<pad>" or "<mask>" or "<2mass>" or "[@BOS@]"
        || token.Content.StartsWith("<|", StringComparison.Ordinal) && token.Content.EndsWith("|>", StringComparison.Ordinal)
        || token.Content.StartsWith("<unused", StringComparison.Ordinal) && token.Content.EndsWith('>');

    static bool IsByteLevel(JsonAt root) =>
        root["decoder"].IsObject && root["decoder"]["type"].String("") == "ByteLevel" || root["pre_tokenizer"].Element.ToString().Contains("\"ByteLevel\"", StringComparison.Ordinal);

    static GgufVocabulary ByteLevel(JsonAt root, Tokenizer tokenizer, int size, string? pre, ICollection<string> remarks)
    {
        var at = root["pre_tokenizer"];
        var model = root["model"];
        foreach (string key in (string[])["continuing_subword_prefix", "end_of_word_suffix"])
        {
            if (model[key].String("").Length > 0) throw model[key].Error("has no form in GGUF");
        }
        bool ignoreMerges = model["ignore_merges"].Bool(false);
        if (pre is null)
        {
            pre = GgufPatternNames.Read(at) is { } regexes ? GgufPatternNames.Of(regexes, ignoreMerges) : null;
            if (pre is null) throw at.Error("splits text in a way that llama.cpp has no name for (tokenizer.ggml.pre); give the name of one that is near with --pre, such as gpt-2, llama-bpe or qwen2");
            if (ignoreMerges && GgufPatterns.For(pre)!.Value.IgnoreMerges != ignoreMerges) remarks.Add($"tokenizer: ignore_merges is not carried over ('{pre}' has none)");
        }
        else if (GgufPatterns.For(pre) is null)
        {
            throw at.Error($"--pre {pre} is no pre-tokenizer that llama.cpp knows");
        }
        return Base(tokenizer, size, "gpt2") with { Pre = pre, Merges = MergesOf(model) };
    }

    static string[] MergesOf(JsonAt model)
    {
        var merges = new List<string>(model["merges"].Element.GetArrayLength());
        foreach (var item in model["merges"].Items())
        {
            if (!item.IsArray)
            {
                string text = item.String();
                // A comment line of the old merges.txt.
                if (merges.Count > 0 || !text.StartsWith("#version", StringComparison.Ordinal)) merges.Add(text);
                continue;
            }
            // A space parts the two tokens, so that one inside is spelt as bytes are (llama.cpp, gguf-py vocab.py).
            merges.Add($"{item.Element[0].GetString()!.Replace(' ', '\u0120')} {item.Element[1].GetString()!.Replace(' ', '\u0120')}");
        }
        return [.. merges];
    }

    static GgufVocabulary WordPiece(JsonAt root, Tokenizer tokenizer, int size, ICollection<string> remarks)
    {
        string prefix = root["model"]["continuing_subword_prefix"].String("##");
        var vocabulary = Base(tokenizer, size, "bert");
        string[] tokens = [.. vocabulary.Tokens];
        for (int id = 0; id < size; id++)
        {
            if (vocabulary.TokenTypes![id] != Normal) continue;
            // llama.cpp marks where words begin, not where they go on.
            tokens[id] = tokens[id].StartsWith(prefix, StringComparison.Ordinal) ? tokens[id][prefix.Length..] : "▁" + tokens[id];
        }
        var normalizer = root["normalizer"];
        if (!normalizer.IsObject || normalizer["type"].String("") != "BertNormalizer" || !normalizer["lowercase"].Bool(true))
            remarks.Add("tokenizer: llama.cpp lower-cases text for this model, its own tokenizer does not");
        int? classification = tokenizer.Special.Classification ?? tokenizer.IdOf("[CLS]"), separator = tokenizer.Special.Separator ?? tokenizer.IdOf("[SEP]");
        return vocabulary with
        {
            Tokens = tokens,
            Pre = "default",
            ClassificationId = classification,
            SeparatorId = separator,
            BosId = tokenizer.Special.Bos ?? classification,
            EosId = tokenizer.Special.Eos ?? separator,
        };
    }

    static void Normalizers(JsonAt root, string model, ICollection<string> remarks)
    {
        var normalizer = root["normalizer"];
        if (model == "gpt2" && normalizer.IsObject) remarks.Add($"tokenizer: the normalizer {normalizer["type"].String("")} is not carried over; llama.cpp has none for this kind");
    }

    static void AddedFlags(Tokenizer tokenizer, ICollection<string> remarks)
    {
        string[] trimming = [.. tokenizer.AddedTokens.Values.Where(token => token.LeftStrip || token.RightStrip || token.SingleWord).Select(token => token.Content).Order(StringComparer.Ordinal)];
        if (trimming.Length > 0) remarks.Add($"tokenizer: lstrip, rstrip and single_word of {string.Join(", ", trimming.Take(4))}{(trimming.Length > 4 ? " …" : "")} are not carried over");
    }

    /// <summary>What the tokenizer puts around a text: GGUF can say begin and end of text.</summary>
    static GgufVocabulary Frame(Tokenizer tokenizer, GgufVocabulary vocabulary, ICollection<string> remarks)
    {
        int[] bare = tokenizer.EncodeIds("a", addSpecialTokens: false), framed = tokenizer.EncodeIds("a");
        int at = framed.AsSpan().IndexOf(bare);
        int[] before = at < 0 ? [] : framed[..at], after = at < 0 ? [] : framed[(at + bare.Length)..];
        bool addBos = before is [var first] && first == vocabulary.BosId, addEos = after is [var last] && last == vocabulary.EosId;
        if (before.Length > 0 && !addBos || after.Length > 0 && !addEos)
            remarks.Add($"tokenizer: around a text it puts {Names(before)} … {Names(after)}, of which GGUF can say only begin and end of text");
        return vocabulary.Model == "bert" ? vocabulary : vocabulary with { AddBos = addBos, AddEos = addEos };

        string Names(int[] ids) => ids.Length == 0 ? "nothing" : string.Join(' ', ids.Select(id => tokenizer.TokenOf(id)));
    }

    /// <summary>Both tokenizers on one text; a difference is said, with the place.</summary>
    static void Compare(Tokenizer tokenizer, GgufVocabulary vocabulary, string file, ICollection<string> remarks)
    {
        int[] hub = tokenizer.EncodeIds(Probe, addSpecialTokens: false);
        var other = Tokenizer.FromGguf(vocabulary, file);
        int[] gguf = other.EncodeIds(Probe, addSpecialTokens: false);
        int same = hub.AsSpan().CommonPrefixLength(gguf);
        if (same == hub.Length && same == gguf.Length) return;
        remarks.Add($"tokenizer: a trial text gives {hub.Length} tokens here and {gguf.Length} by the GGUF vocabulary; they part at '{Text(tokenizer, hub, same)}' against '{Text(other, gguf, same)}'");
    }

    static string Text(Tokenizer tokenizer, int[] ids, int from) =>
        tokenizer.Decode(ids.AsSpan(Math.Max(0, from - 1), Math.Min(4, ids.Length - Math.Max(0, from - 1)))).ReplaceLineEndings("⏎");

    /// <summary>The type of a token of a SentencePiece-like vocabulary.</summary>
    internal static int ScoredType(string token, int type, bool isUnknown) =>
        isUnknown ? Unknown : type is Normal && IsByte(token) ? Byte : type;

    static bool IsByte(string token) => token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>' && char.IsAsciiHexDigit(token[3]) && char.IsAsciiHexDigit(token[4]);
}
