using System.Buffers.Binary;
using System.Text;
using Sensorium.Text.Tokenizers;

namespace Sensorium.Text.Tests.Tokenizers;

/// <summary>Just enough of GGUF to fill a vocabulary from a test file; the product's reader lives elsewhere.</summary>
internal sealed class GgufVocabularyReader
{
    readonly byte[] data;
    int at = 8;

    GgufVocabularyReader(byte[] data) => this.data = data;

    public static GgufVocabulary Read(byte[] data)
    {
        var reader = new GgufVocabularyReader(data);
        reader.at = 16;
        long count = reader.U64();
        var values = new Dictionary<string, object>(StringComparer.Ordinal);
        for (long i = 0; i < count; i++)
        {
            string key = reader.Text();
            int type = reader.I32();
            values[key] = reader.Value(type);
        }
        T? Get<T>(string key) => values.TryGetValue("tokenizer.ggml." + key, out object? v) ? (T)v : default;
        int? Id(string key) => values.TryGetValue("tokenizer.ggml." + key, out object? v) ? (int)Convert.ToInt64(v, null) : null;
        bool? Flag(string key) => values.TryGetValue("tokenizer.ggml." + key, out object? v) ? (bool)v : null;
        return new()
        {
            Model = Get<string>("model")!,
            Pre = Get<string>("pre"),
            Tokens = [.. Get<List<object>>("tokens")!.Cast<string>()],
            Scores = Get<List<object>>("scores")?.Cast<float>().ToList(),
            TokenTypes = Get<List<object>>("token_type")?.Select(x => (int)x).ToList(),
            Merges = Get<List<object>>("merges")?.Cast<string>().ToList(),
            BosId = Id("bos_token_id"),
            EosId = Id("eos_token_id"),
            UnknownId = Id("unknown_token_id"),
            PadId = Id("padding_token_id"),
            SeparatorId = Id("seperator_token_id"),
            ClassificationId = Id("cls_token_id"),
            MaskId = Id("mask_token_id"),
            EotId = Id("eot_token_id"),
            AddBos = Flag("add_bos_token"),
            AddEos = Flag("add_eos_token"),
            AddSpacePrefix = Flag("add_space_prefix"),
            RemoveExtraWhitespaces = Flag("remove_extra_whitespaces"),
            PrecompiledCharsMap = Get<List<object>>("precompiled_charsmap")?.Select(x => (byte)Convert.ToInt32(x, null)).ToArray() ?? default,
        };
    }

    long U64() => BinaryPrimitives.ReadInt64LittleEndian(data.AsSpan((at += 8) - 8));

    int I32() => BinaryPrimitives.ReadInt32LittleEndian(data.AsSpan((at += 4) - 4));

    string Text()
    {
        int n = (int)U64();
        at += n;
        return Encoding.UTF8.GetString(data, at - n, n);
    }

    object Value(int type)
    {
        switch (type)
        {
            case 0 or 1: return data[at++];
            case 2 or 3: at += 2; return (int)BinaryPrimitives.ReadInt16LittleEndian(data.AsSpan(at - 2));
            case 4 or 5: return I32();
            case 6: at += 4; return BinaryPrimitives.ReadSingleLittleEndian(data.AsSpan(at - 4));
            case 7: return data[at++] != 0;
            case 8: return Text();
            case 9:
                int inner = I32();
                int n = (int)U64();
                var list = new List<object>(n);
                for (int i = 0; i < n; i++) list.Add(Value(inner));
                return list;
            case 10 or 11: return U64();
            case 12: at += 8; return BinaryPrimitives.ReadDoubleLittleEndian(data.AsSpan(at - 8));
            default: throw new InvalidDataException($"type {type}");
        }
    }
}
