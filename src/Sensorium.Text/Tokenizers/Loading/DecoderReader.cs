using Sensorium.Text.Tokenizers.Decoders;

namespace Sensorium.Text.Tokenizers.Loading;

/// <summary>Reads tokenizer.json's <c>decoder</c>.</summary>
internal static class DecoderReader
{
    public static Decoder? Read(JsonAt at)
    {
        if (at.IsNull) return null;
        string type = at["type"].String();
        return type switch
        {
            "Sequence" => new SequenceDecoder([.. at["decoders"].Steps().Select(x => Read(x) ?? throw x.Error("is null"))]),
            "ByteLevel" => new ByteLevelDecoder(),
            "ByteFallback" => new ByteFallbackDecoder(),
            "Fuse" => new FuseDecoder(),
            "Replace" => TextDecoders.Replace(PatternReader.Read(at["pattern"]), at["content"].String()),
            "Strip" => new StripDecoder(One(at["content"]), Count(at["start"]), Count(at["stop"])),
            "WordPiece" => TextDecoders.WordPiece(at["prefix"].String("##"), at["cleanup"].Bool(true)),
            "BPEDecoder" => TextDecoders.BpeSuffix(at["suffix"].String("</w>")),
            "Metaspace" => TextDecoders.Metaspace(One(at["replacement"]), PreTokenizerReader.Scheme(at)),
            "CTC" => TextDecoders.Ctc(at["pad_token"].String("<pad>"), at["word_delimiter_token"].String("|"), at["cleanup"].Bool(true)),
            _ => throw at["type"].Error($"the decoder '{type}' is not supported"),
        };
    }

    static char One(JsonAt at)
    {
        string text = at.String();
        return text.Length == 1 ? text[0] : throw at.Error("must be one character");
    }

    static int Count(JsonAt at)
    {
        int n = at.Int(0);
        return n is >= 0 and <= 1000 ? n : throw at.Error($"{n} is no number of characters to cut");
    }
}
