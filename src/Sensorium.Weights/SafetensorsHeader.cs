using System.Text.Json;
using Sensorium.Tensors;

namespace Sensorium.Weights;

/// <summary>The JSON header of a safetensors file, checked: known types, shapes that fit their bytes, bytes without gap or overlap.</summary>
sealed class SafetensorsHeader
{
    const int MostDimensions = 16;

    readonly string path;
    readonly List<SafetensorsEntry> entries = [];
    readonly Dictionary<string, string> notes = new(StringComparer.Ordinal);

    SafetensorsHeader(string path, int headerLength)
    {
        this.path = path;
        DataStart = 8 + headerLength;
    }

    /// <summary>The first data byte's place in the file.</summary>
    public long DataStart { get; }

    /// <summary>The tensors, by their place.</summary>
    public IReadOnlyList<SafetensorsEntry> Entries => entries;

    /// <summary>The free text under <c>__metadata__</c>.</summary>
    public IReadOnlyDictionary<string, string> Notes => notes;

    public static SafetensorsHeader Parse(string path, ReadOnlySpan<byte> json, long fileLength)
    {
        var header = new SafetensorsHeader(path, json.Length);
        try
        {
            header.Read(json);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new CheckpointException(path, $"has a damaged header: {e.Message}", e);
        }

        header.CheckTiling(fileLength - header.DataStart);
        return header;
    }

    void Read(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 4 });
        var seen = new HashSet<string>(StringComparer.Ordinal);
        Expect(ref reader, JsonTokenType.StartObject, "the header");
        while (Next(ref reader) != JsonTokenType.EndObject)
        {
            string name = reader.GetString()!;
            if (!seen.Add(name))
                throw new CheckpointException(path, name, "stands twice in the header; the file is damaged");
            if (string.Equals(name, "__metadata__", StringComparison.Ordinal))
                ReadNotes(ref reader);
            else
                entries.Add(ReadEntry(ref reader, name));
        }

        if (reader.Read())
            throw new CheckpointException(path, "has something after the header's closing brace; the file is damaged");
    }

    void ReadNotes(ref Utf8JsonReader reader)
    {
        Expect(ref reader, JsonTokenType.StartObject, "__metadata__");
        while (Next(ref reader) != JsonTokenType.EndObject)
        {
            string key = reader.GetString()!;
            Expect(ref reader, JsonTokenType.String, key);
            notes[key] = reader.GetString()!;
        }
    }

    SafetensorsEntry ReadEntry(ref Utf8JsonReader reader, string name)
    {
        Expect(ref reader, JsonTokenType.StartObject, name);
        DType? type = null;
        long[]? shape = null, offsets = null;
        while (Next(ref reader) != JsonTokenType.EndObject)
        {
            if (reader.ValueTextEquals("dtype"u8))
            {
                Expect(ref reader, JsonTokenType.String, name);
                type = TypeOf(reader.GetString()!, name);
            }
            else if (reader.ValueTextEquals("shape"u8))
            {
                shape = ReadNumbers(ref reader, name, MostDimensions);
            }
            else if (reader.ValueTextEquals("data_offsets"u8))
            {
                offsets = ReadNumbers(ref reader, name, 2);
            }
            else
            {
                throw new CheckpointException(path, name, $"has the unknown key '{reader.GetString()}'; known are dtype, shape, data_offsets");
            }
        }

        if (type is null || shape is null || offsets is not [long begin, long end])
            throw new CheckpointException(path, name, "lacks dtype, shape or data_offsets; the file is damaged");
        if (end < begin)
            throw new CheckpointException(path, name, $"has data_offsets [{begin}, {end}] that run backwards");
        CheckSize(name, type.Value, shape, end - begin);
        return new SafetensorsEntry(name, type.Value, shape, begin, end);
    }

    long[] ReadNumbers(ref Utf8JsonReader reader, string name, int most)
    {
        Expect(ref reader, JsonTokenType.StartArray, name);
        var numbers = new List<long>(most > 4 ? 4 : most);
        while (Next(ref reader) != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out long number) || number < 0)
                throw new CheckpointException(path, name, "has a shape or offset that is no whole number from 0 to 2^63-1");
            if (numbers.Count == most)
                throw new CheckpointException(path, name, $"has more than {most} sizes or offsets");
            numbers.Add(number);
        }

        return [.. numbers];
    }

    void CheckSize(string name, DType type, long[] shape, long bytes)
    {
        // The largest product is taken first from the sizes that are not zero, so that a zero cannot hide an overflow.
        Int128 needed = type.BlockBytes();
        bool empty = false;
        foreach (long size in shape)
        {
            empty |= size == 0;
            needed *= Math.Max(size, 1);
            if (needed > long.MaxValue)
                throw new CheckpointException(path, name, $"has a shape of more than 2^63 bytes, [{string.Join(", ", shape)}]");
        }

        if ((empty ? 0 : needed) != bytes)
            throw new CheckpointException(path, name, $"is {type} [{string.Join(", ", shape)}], which takes {(empty ? 0 : needed)} bytes, but its data_offsets give {bytes}");
    }

    void CheckTiling(long dataLength)
    {
        entries.Sort((a, b) => a.Begin != b.Begin ? a.Begin.CompareTo(b.Begin) : a.End.CompareTo(b.End));
        long reached = 0;
        foreach (SafetensorsEntry entry in entries)
        {
            if (entry.Begin < reached)
                throw new CheckpointException(path, entry.Name, $"begins at byte {entry.Begin}, inside the tensor before it, which ends at {reached}");
            if (entry.Begin > reached)
                throw new CheckpointException(path, entry.Name, $"begins at byte {entry.Begin}, which leaves a gap after {reached}");
            if (entry.End > dataLength)
                throw new CheckpointException(path, entry.Name, $"ends at byte {entry.End}, but the file has {dataLength} data bytes: it is cut short; download it again");
            reached = entry.End;
        }

        if (reached != dataLength)
            throw new CheckpointException(path, $"has {dataLength - reached} bytes after the last tensor; the file is damaged");
    }

    DType TypeOf(string type, string name) => SafetensorsTypes.Parse(type)
        ?? throw new CheckpointException(path, name, $"has the type '{type}', which is not read; known are {string.Join(", ", SafetensorsTypes.Known)}");

    JsonTokenType Next(ref Utf8JsonReader reader) => reader.Read()
        ? reader.TokenType
        : throw new CheckpointException(path, "has a header that stops in the middle");

    void Expect(ref Utf8JsonReader reader, JsonTokenType type, string item)
    {
        if (Next(ref reader) != type)
            throw new CheckpointException(path, item, $"should be {type} in the header's JSON, not {reader.TokenType}");
    }
}

/// <summary>What safetensors calls the plain types.</summary>
static class SafetensorsTypes
{
    static readonly (string Name, DType Type)[] table =
    [
        ("F64", DType.F64), ("F32", DType.F32), ("F16", DType.F16), ("BF16", DType.BF16),
        ("F8_E4M3", DType.F8_E4M3), ("F8_E5M2", DType.F8_E5M2),
        ("I64", DType.I64), ("I32", DType.I32), ("I16", DType.I16), ("I8", DType.I8),
        ("U64", DType.U64), ("U32", DType.U32), ("U16", DType.U16), ("U8", DType.U8), ("BOOL", DType.Bool),
    ];

    public static IEnumerable<string> Known => table.Select(row => row.Name);

    public static DType? Parse(string name)
    {
        foreach ((string known, DType type) in table)
        {
            if (string.Equals(known, name, StringComparison.Ordinal))
                return type;
        }

        return null;
    }

    public static string? NameOf(DType type)
    {
        foreach ((string known, DType other) in table)
        {
            if (other == type)
                return known;
        }

        return null;
    }
}
