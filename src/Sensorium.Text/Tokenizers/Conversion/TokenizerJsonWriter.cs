using System.Text.Encodings.Web;
using System.Text.Json;
using Sensorium.Text.Tokenizers.Loading;
using Sensorium.Text.Tokenizers.Models;

namespace Sensorium.Text.Tokenizers.Conversion;

/// <summary>A GGUF vocabulary as the tokenizer.json that encodes and decodes as llama.cpp does with the vocabulary.</summary>
public static class TokenizerJsonWriter
{
    const int Unknown = 2, Control = 3, UserDefined = 4;

    /// <summary>Writes the file.</summary>
    /// <param name="vocabulary">The vocabulary.</param>
    /// <param name="file">The GGUF file, for messages.</param>
    /// <param name="stream">Where to.</param>
    /// <param name="remarks">Receives what tokenizer.json cannot say.</param>
    /// <exception cref="TokenizerException">The vocabulary contradicts itself or is of an unknown kind.</exception>
    public static void Write(GgufVocabulary vocabulary, string file, Stream stream, ICollection<string> remarks)
    {
        ArgumentNullException.ThrowIfNull(remarks);
        // Reads it as a tokenizer first: what is wrong with it is said by name.
        var tokenizer = Tokenizer.FromGguf(vocabulary, file);
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        json.WriteString("version", "1.0");
        json.WriteNull("truncation");
        json.WriteNull("padding");
        AddedTokens(json, vocabulary);
        switch (vocabulary.Model)
        {
            case "gpt2": ByteLevel(json, vocabulary, remarks); break;
            case "llama": ScoredBpe(json, vocabulary, remarks); break;
            case "bert": WordPiece(json, vocabulary, remarks); break;
            default: Unigram(json, vocabulary, file); break;
        }
        PostProcessor(json, vocabulary, tokenizer);
        json.WriteEndObject();
    }

    static void AddedTokens(Utf8JsonWriter json, GgufVocabulary vocabulary)
    {
        json.WriteStartArray("added_tokens");
        for (int id = 0; id < vocabulary.Tokens.Count; id++)
        {
            int type = vocabulary.TokenTypes is { } types ? types[id] : 1;
            if (type is not (Unknown or Control or UserDefined) || vocabulary.Tokens[id].Length is 0 or > 256) continue;
            json.WriteStartObject();
            json.WriteNumber("id", id);
            json.WriteString("content", vocabulary.Tokens[id]);
            json.WriteBoolean("single_word", false);
            json.WriteBoolean("lstrip", false);
            json.WriteBoolean("rstrip", false);
            json.WriteBoolean("normalized", false);
            json.WriteBoolean("special", type != UserDefined);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    static void ByteLevel(Utf8JsonWriter json, GgufVocabulary vocabulary, ICollection<string> remarks)
    {
        var known = GgufPatterns.For(vocabulary.Pre)!.Value;
        json.WriteNull("normalizer");
        json.WriteStartObject("pre_tokenizer");
        json.WriteString("type", "Sequence");
        json.WriteStartArray("pretokenizers");
        foreach (string regex in known.Regexes)
        {
            json.WriteStartObject();
            json.WriteString("type", "Split");
            json.WriteStartObject("pattern");
            json.WriteString("Regex", regex);
            json.WriteEndObject();
            json.WriteString("behavior", "Isolated");
            json.WriteBoolean("invert", false);
            json.WriteEndObject();
        }
        json.WriteStartObject();
        ByteLevelStep(json, useRegex: false);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteStartObject("decoder");
        ByteLevelStep(json, useRegex: true);
        json.WriteEndObject();
        json.WriteStartObject("model");
        json.WriteString("type", "BPE");
        json.WriteNull("dropout");
        json.WriteNull("unk_token");
        json.WriteNull("continuing_subword_prefix");
        json.WriteNull("end_of_word_suffix");
        json.WriteBoolean("fuse_unk", false);
        json.WriteBoolean("byte_fallback", false);
        json.WriteBoolean("ignore_merges", known.IgnoreMerges);
        Vocab(json, vocabulary.Tokens, remarks);
        MergesJson.Write(json, vocabulary.Merges!.Select(Pair));
        json.WriteEndObject();
    }

    static void ByteLevelStep(Utf8JsonWriter json, bool useRegex)
    {
        json.WriteString("type", "ByteLevel");
        json.WriteBoolean("add_prefix_space", false);
        json.WriteBoolean("trim_offsets", true);
        json.WriteBoolean("use_regex", useRegex);
    }

    static void ScoredBpe(Utf8JsonWriter json, GgufVocabulary vocabulary, ICollection<string> remarks)
    {
        bool prefix = vocabulary.AddSpacePrefix ?? true;
        json.WriteStartObject("normalizer");
        if (prefix)
        {
            json.WriteString("type", "Sequence");
            json.WriteStartArray("normalizers");
            json.WriteStartObject();
            json.WriteString("type", "Prepend");
            json.WriteString("prepend", "▁");
            json.WriteEndObject();
            json.WriteStartObject();
            Replace(json, " ", "▁");
            json.WriteEndObject();
            json.WriteEndArray();
        }
        else
        {
            Replace(json, " ", "▁");
        }
        json.WriteEndObject();
        json.WriteNull("pre_tokenizer");
        json.WriteStartObject("decoder");
        json.WriteString("type", "Sequence");
        json.WriteStartArray("decoders");
        json.WriteStartObject();
        Replace(json, "▁", " ");
        json.WriteEndObject();
        foreach (string type in (string[])["ByteFallback", "Fuse"])
        {
            json.WriteStartObject();
            json.WriteString("type", type);
            json.WriteEndObject();
        }
        if (prefix)
        {
            json.WriteStartObject();
            json.WriteString("type", "Strip");
            json.WriteString("content", " ");
            json.WriteNumber("start", 1);
            json.WriteNumber("stop", 0);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteStartObject("model");
        json.WriteString("type", "BPE");
        json.WriteNull("dropout");
        json.WriteString("unk_token", UnknownToken(vocabulary));
        json.WriteNull("continuing_subword_prefix");
        json.WriteNull("end_of_word_suffix");
        json.WriteBoolean("fuse_unk", true);
        json.WriteBoolean("byte_fallback", true);
        json.WriteBoolean("ignore_merges", false);
        Vocab(json, vocabulary.Tokens, remarks);
        MergesJson.Write(json, ScoreMerges.Of(vocabulary));
        json.WriteEndObject();
    }

    /// <summary>A merge as GGUF spells it; its left token may begin with a space.</summary>
    static (string Left, string Right) Pair(string merge)
    {
        int space = merge.IndexOf(' ', 1);
        return (merge[..space], merge[(space + 1)..]);
    }

    static void Replace(Utf8JsonWriter json, string what, string by)
    {
        json.WriteString("type", "Replace");
        json.WriteStartObject("pattern");
        json.WriteString("String", what);
        json.WriteEndObject();
        json.WriteString("content", by);
    }

    static void WordPiece(Utf8JsonWriter json, GgufVocabulary vocabulary, ICollection<string> remarks)
    {
        json.WriteStartObject("normalizer");
        json.WriteString("type", "BertNormalizer");
        json.WriteBoolean("clean_text", true);
        json.WriteBoolean("handle_chinese_chars", true);
        json.WriteNull("strip_accents");
        json.WriteBoolean("lowercase", true);
        json.WriteEndObject();
        json.WriteStartObject("pre_tokenizer");
        json.WriteString("type", "BertPreTokenizer");
        json.WriteEndObject();
        json.WriteStartObject("decoder");
        json.WriteString("type", "WordPiece");
        json.WriteString("prefix", "##");
        json.WriteBoolean("cleanup", true);
        json.WriteEndObject();
        json.WriteStartObject("model");
        json.WriteString("type", "WordPiece");
        json.WriteString("unk_token", UnknownToken(vocabulary));
        json.WriteString("continuing_subword_prefix", "##");
        json.WriteNumber("max_input_chars_per_word", 100);
        // llama.cpp marks where words begin, the hub where they go on.
        Vocab(json, [.. vocabulary.Tokens.Select((token, id) =>
            token.StartsWith('▁') ? token[1..] : vocabulary.TokenTypes is { } types && types[id] != 1 ? token : "##" + token)], remarks);
        json.WriteEndObject();
    }

    static void Unigram(Utf8JsonWriter json, GgufVocabulary vocabulary, string file)
    {
        bool prefix = vocabulary.AddSpacePrefix ?? true;
        json.WriteStartObject("normalizer");
        json.WriteString("type", "Sequence");
        json.WriteStartArray("normalizers");
        if (!vocabulary.PrecompiledCharsMap.IsEmpty)
        {
            json.WriteStartObject();
            json.WriteString("type", "Precompiled");
            json.WriteBase64String("precompiled_charsmap", vocabulary.PrecompiledCharsMap.Span);
            json.WriteEndObject();
        }
        if (vocabulary.RemoveExtraWhitespaces ?? false)
        {
            // Spaces at both ends go, those between become one: spaces alone, no other white space.
            ReplaceRegex(json, @"\A +| +\z", "");
            ReplaceRegex(json, " {2,}", " ");
        }
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteStartObject("pre_tokenizer");
        Metaspace(json, prefix);
        json.WriteEndObject();
        json.WriteStartObject("decoder");
        Metaspace(json, prefix);
        json.WriteEndObject();
        json.WriteStartObject("model");
        json.WriteString("type", "Unigram");
        if (vocabulary.UnknownId is { } unknown) json.WriteNumber("unk_id", unknown);
        else json.WriteNull("unk_id");
        json.WriteStartArray("vocab");
        for (int id = 0; id < vocabulary.Tokens.Count; id++)
        {
            json.WriteStartArray();
            json.WriteStringValue(vocabulary.Tokens[id]);
            if (!float.IsFinite(vocabulary.Scores![id])) throw new TokenizerException(file, $"tokenizer.ggml.scores[{id}]", "is not finite");
            json.WriteNumberValue(vocabulary.Scores[id]);
            json.WriteEndArray();
        }
        json.WriteEndArray();
        json.WriteBoolean("byte_fallback", false);
        json.WriteEndObject();
    }

    static void ReplaceRegex(Utf8JsonWriter json, string regex, string by)
    {
        json.WriteStartObject();
        json.WriteString("type", "Replace");
        json.WriteStartObject("pattern");
        json.WriteString("Regex", regex);
        json.WriteEndObject();
        json.WriteString("content", by);
        json.WriteEndObject();
    }

    static void Metaspace(Utf8JsonWriter json, bool prefix)
    {
        json.WriteString("type", "Metaspace");
        json.WriteString("replacement", "▁");
        json.WriteString("prepend_scheme", prefix ? "always" : "never");
        json.WriteBoolean("split", true);
    }

    static string UnknownToken(GgufVocabulary vocabulary) =>
        vocabulary.UnknownId is { } id && id >= 0 && id < vocabulary.Tokens.Count ? vocabulary.Tokens[id] : vocabulary.Model == "bert" ? "[UNK]" : "<unk>";

    static void Vocab(Utf8JsonWriter json, IReadOnlyList<string> tokens, ICollection<string> remarks)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        int twice = 0;
        json.WriteStartObject("vocab");
        for (int id = 0; id < tokens.Count; id++)
        {
            // llama.cpp gives a text that stands twice its first id, so the others never come out of a text.
            if (seen.Add(tokens[id])) json.WriteNumber(tokens[id], id);
            else twice++;
        }
        json.WriteEndObject();
        if (twice > 0) remarks.Add($"tokenizer: {twice} tokens that occur twice have only their first id");
    }

    /// <summary>What stands around a text, as a template.</summary>
    static void PostProcessor(Utf8JsonWriter json, GgufVocabulary vocabulary, Tokenizer tokenizer)
    {
        int[] bare = tokenizer.EncodeIds("a", addSpecialTokens: false), framed = tokenizer.EncodeIds("a");
        int at = framed.AsSpan().IndexOf(bare);
        int? begin = at > 0 ? framed[0] : null, end = at + bare.Length < framed.Length ? framed[^1] : null;
        if (begin is null && end is null)
        {
            json.WriteNull("post_processor");
            return;
        }
        json.WriteStartObject("post_processor");
        json.WriteString("type", "TemplateProcessing");
        Pieces(json, "single", ["A"], begin, end, tokenizer, vocabulary.Model == "bert");
        Pieces(json, "pair", ["A", "B"], begin, end, tokenizer, vocabulary.Model == "bert");
        json.WriteStartObject("special_tokens");
        foreach (int id in new[] { begin, end }.OfType<int>().Distinct())
        {
            json.WriteStartObject(tokenizer.TokenOf(id)!);
            json.WriteString("id", tokenizer.TokenOf(id));
            json.WriteStartArray("ids");
            json.WriteNumberValue(id);
            json.WriteEndArray();
            json.WriteStartArray("tokens");
            json.WriteStringValue(tokenizer.TokenOf(id));
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndObject();
        json.WriteEndObject();
    }

    static void Pieces(Utf8JsonWriter json, string key, string[] sequences, int? begin, int? end, Tokenizer tokenizer, bool beginsOnce)
    {
        json.WriteStartArray(key);
        for (int i = 0; i < sequences.Length; i++)
        {
            if (begin is { } first && (i == 0 || !beginsOnce)) Piece(json, "SpecialToken", tokenizer.TokenOf(first)!, beginsOnce ? i : 0);
            Piece(json, "Sequence", sequences[i], beginsOnce ? i : 0);
            if (end is { } last) Piece(json, "SpecialToken", tokenizer.TokenOf(last)!, beginsOnce ? i : 0);
        }
        json.WriteEndArray();
    }

    static void Piece(Utf8JsonWriter json, string kind, string id, int type)
    {
        json.WriteStartObject();
        json.WriteStartObject(kind);
        json.WriteString("id", id);
        json.WriteNumber("type_id", type);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
