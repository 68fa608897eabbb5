using System.Text.Json;
using Sensorium.Text.Tokenizers.Models;

namespace Sensorium.Text.Tokenizers.Training;

/// <summary>A vocabulary that was learnt.</summary>
public sealed class TrainedTokenizer
{
    readonly TrainingOptions options;

    internal TrainedTokenizer(TrainingOptions options, IReadOnlyList<string> tokens, IReadOnlyList<(string Left, string Right)> merges)
    {
        this.options = options;
        Tokens = tokens;
        Merges = merges;
    }

    /// <summary>The tokens in the order of their ids.</summary>
    public IReadOnlyList<string> Tokens { get; }

    /// <summary>The merges in the order they were learnt.</summary>
    public IReadOnlyList<(string Left, string Right)> Merges { get; }

    /// <summary>The tokenizer.json.</summary>
    public byte[] ToJson()
    {
        var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new() { Indented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("version", "1.0");
            json.WriteNull("truncation");
            json.WriteNull("padding");
            WriteAdded(json);
            Raw(json, "normalizer", options.NormalizerJson);
            Raw(json, "pre_tokenizer", options.PreTokenizerJson);
            Raw(json, "post_processor", options.PostProcessorJson);
            Raw(json, "decoder", options.DecoderJson);
            WriteModel(json);
            json.WriteEndObject();
        }
        return stream.ToArray();
    }

    /// <summary>The tokenizer itself.</summary>
    public Tokenizer ToTokenizer() => Tokenizer.FromJson(ToJson(), "trained tokenizer");

    static void Raw(Utf8JsonWriter json, string name, string? value)
    {
        json.WritePropertyName(name);
        if (value is null) json.WriteNullValue();
        else json.WriteRawValue(value);
    }

    void WriteAdded(Utf8JsonWriter json)
    {
        json.WriteStartArray("added_tokens");
        for (int id = 0; id < options.SpecialTokens.Count; id++)
        {
            json.WriteStartObject();
            json.WriteNumber("id", id);
            json.WriteString("content", options.SpecialTokens[id]);
            foreach (string flag in (string[])["single_word", "lstrip", "rstrip", "normalized"]) json.WriteBoolean(flag, false);
            json.WriteBoolean("special", true);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    void WriteModel(Utf8JsonWriter json)
    {
        bool bpe = options.Model == TrainableModel.Bpe;
        json.WriteStartObject("model");
        json.WriteString("type", bpe ? "BPE" : "WordPiece");
        if (bpe) json.WriteNull("dropout");
        if (options.UnknownToken is null) json.WriteNull("unk_token");
        else json.WriteString("unk_token", options.UnknownToken);
        if (bpe && options.ContinuingPrefix.Length == 0) json.WriteNull("continuing_subword_prefix");
        else json.WriteString("continuing_subword_prefix", options.ContinuingPrefix);
        if (bpe)
        {
            if (options.EndOfWordSuffix.Length == 0) json.WriteNull("end_of_word_suffix");
            else json.WriteString("end_of_word_suffix", options.EndOfWordSuffix);
            foreach (string flag in (string[])["fuse_unk", "byte_fallback", "ignore_merges"]) json.WriteBoolean(flag, false);
        }
        else json.WriteNumber("max_input_chars_per_word", 100);
        json.WriteStartObject("vocab");
        for (int id = 0; id < Tokens.Count; id++) json.WriteNumber(Tokens[id], id);
        json.WriteEndObject();
        if (bpe) MergesJson.Write(json, Merges);
        json.WriteEndObject();
    }
}
