using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Sensorium.Tensors;

namespace Sensorium.Weights;

/// <summary>The metadata of a GGUF file. Reading the header only notes where values stand; they are decoded when asked for.</summary>
public sealed class GgufMetadata
{
    readonly Dictionary<string, GgufValue> values = new(StringComparer.Ordinal);
    readonly List<string> keys = [];
    readonly System.Collections.Concurrent.ConcurrentDictionary<string, bool> asked = new(StringComparer.Ordinal);

    internal GgufMetadata(string path) => Path = path;

    /// <summary>The file, for messages.</summary>
    public string Path { get; }

    /// <summary>The keys in file order.</summary>
    public IReadOnlyList<string> Keys => keys;

    /// <summary><c>general.architecture</c>, or the empty string.</summary>
    public string Architecture => TryGet("general.architecture", out GgufValue? value) && value.Type == GgufValueType.String ? value.AsString() : "";

    /// <summary>A value by its key.</summary>
    public bool TryGet(string key, [NotNullWhen(true)] out GgufValue? value)
    {
        asked[key] = true;
        return values.TryGetValue(key, out value);
    }

    /// <summary>The keys that nobody has asked for so far, in file order.</summary>
    public IEnumerable<string> Unread => keys.Where(key => !asked.ContainsKey(key));

    /// <summary>A value by its key.</summary>
    /// <exception cref="CheckpointException">There is no such key.</exception>
    public GgufValue this[string key] => TryGet(key, out GgufValue? value)
        ? value
        : throw new CheckpointException(Path, key, $"is missing from the metadata{NearestName.Hint(key, keys)}");

    /// <summary>A text, or null where the key is missing.</summary>
    public string? String(string key) => TryGet(key, out GgufValue? value) ? value.AsString() : null;

    /// <summary>A whole number, or null where the key is missing.</summary>
    public long? Integer(string key) => TryGet(key, out GgufValue? value) ? value.AsInteger() : null;

    /// <summary>A number, or null where the key is missing.</summary>
    public double? Number(string key) => TryGet(key, out GgufValue? value) ? value.AsNumber() : null;

    /// <summary>Yes or no, or null where the key is missing.</summary>
    public bool? Flag(string key) => TryGet(key, out GgufValue? value) ? value.AsFlag() : null;

    internal bool Add(GgufValue value)
    {
        if (!values.TryAdd(value.Key, value))
            return false;
        keys.Add(value.Key);
        return true;
    }
}

/// <summary>One metadata value: where it stands, and how to decode it.</summary>
public sealed unsafe class GgufValue
{
    readonly MappedBytes bytes;
    readonly long offset;
    readonly long end;

    internal GgufValue(MappedBytes bytes, string key, GgufValueType type, GgufValueType elementType, long count, long offset, long end)
    {
        this.bytes = bytes;
        this.offset = offset;
        this.end = end;
        Key = key;
        Type = type;
        ElementType = elementType;
        Count = count;
    }

    /// <summary>The key it stands under.</summary>
    public string Key { get; }

    /// <summary>What it is.</summary>
    public GgufValueType Type { get; }

    /// <summary>For an array: what its elements are; else the same as <see cref="Type"/>.</summary>
    public GgufValueType ElementType { get; }

    /// <summary>For an array: how many elements it has; else 1.</summary>
    public long Count { get; }

    /// <summary>The text.</summary>
    /// <exception cref="CheckpointException">It is no text.</exception>
    public string AsString()
    {
        Demand(Type == GgufValueType.String, "a text");
        long size = Unsafe.ReadUnaligned<long>(bytes.Start + offset);
        string text = Encoding.UTF8.GetString(bytes.Start + offset + 8, (int)size);
        GC.KeepAlive(bytes.Owner);
        return text;
    }

    /// <summary>The whole number (a float counts where it is one).</summary>
    /// <exception cref="CheckpointException">It is no whole number, or one above 2^63−1.</exception>
    public long AsInteger()
    {
        double number = AsNumber();
        long integer = Type switch
        {
            GgufValueType.U64 or GgufValueType.I64 => Unsafe.ReadUnaligned<long>(bytes.Start + offset),
            _ => (long)number,
        };
        GC.KeepAlive(bytes.Owner);
        Demand(Type is not (GgufValueType.F32 or GgufValueType.F64) || integer == number, "a whole number");
        Demand(Type != GgufValueType.U64 || integer >= 0, "a number below 2^63");
        return integer;
    }

    /// <summary>The number.</summary>
    /// <exception cref="CheckpointException">It is no number.</exception>
    public double AsNumber()
    {
        Demand(Type is not (GgufValueType.String or GgufValueType.Array or GgufValueType.Bool), "a number");
        double number = NumberAt(Type, bytes.Start + offset);
        GC.KeepAlive(bytes.Owner);
        return number;
    }

    /// <summary>Yes or no.</summary>
    /// <exception cref="CheckpointException">It is something else.</exception>
    public bool AsFlag()
    {
        Demand(Type == GgufValueType.Bool, "a yes or no");
        bool flag = bytes.Start[offset] != 0;
        GC.KeepAlive(bytes.Owner);
        return flag;
    }

    /// <summary>The elements of an array of texts; bytes that are not UTF-8 become U+FFFD.</summary>
    /// <exception cref="CheckpointException">It is no array of texts.</exception>
    public string[] AsStrings()
    {
        DemandArray(GgufValueType.String);
        var texts = new string[checked((int)Count)];
        byte* p = bytes.Start + offset;
        for (int i = 0; i < texts.Length; i++)
        {
            int size = (int)Unsafe.ReadUnaligned<long>(p);
            texts[i] = Encoding.UTF8.GetString(p + 8, size);
            p += 8 + size;
        }

        GC.KeepAlive(bytes.Owner);
        return texts;
    }

    /// <summary>The elements of an array of texts end to end, for vocabularies: hundreds of thousands that hardly anyone reads as strings.</summary>
    /// <param name="ends">Where each text ends.</param>
    /// <returns>UTF-8 as the file has it, valid or not.</returns>
    /// <exception cref="CheckpointException">It is no array of texts.</exception>
    public byte[] CopyUtf8(out int[] ends)
    {
        DemandArray(GgufValueType.String);
        ends = new int[checked((int)Count)];
        var texts = new byte[checked((int)(end - offset - 8L * ends.Length))];
        byte* p = bytes.Start + offset;
        int at = 0;
        for (int i = 0; i < ends.Length; i++)
        {
            int size = (int)Unsafe.ReadUnaligned<long>(p);
            new ReadOnlySpan<byte>(p + 8, size).CopyTo(texts.AsSpan(at));
            p += 8 + size;
            ends[i] = at += size;
        }

        GC.KeepAlive(bytes.Owner);
        return texts;
    }

    /// <summary>The elements of an array of numbers.</summary>
    /// <exception cref="CheckpointException">It is no array of numbers.</exception>
    public double[] AsNumbers()
    {
        Demand(Type == GgufValueType.Array && ElementType is not (GgufValueType.String or GgufValueType.Array), "an array of numbers");
        var numbers = new double[checked((int)Count)];
        int size = SizeOf(ElementType);
        for (int i = 0; i < numbers.Length; i++)
            numbers[i] = NumberAt(ElementType, bytes.Start + offset + (long)i * size);
        GC.KeepAlive(bytes.Owner);
        return numbers;
    }

    /// <summary>The elements of an array of numbers as float32.</summary>
    /// <exception cref="CheckpointException">It is no array of numbers.</exception>
    public float[] AsFloats() => Array.ConvertAll(AsNumbers(), number => (float)number);

    /// <summary>The elements of an array of whole numbers.</summary>
    /// <exception cref="CheckpointException">It is no array of numbers, or one does not fit 32 bits.</exception>
    public int[] AsIntegers()
    {
        double[] numbers = AsNumbers();
        var integers = new int[numbers.Length];
        for (int i = 0; i < integers.Length; i++)
        {
            Demand(numbers[i] == Math.Truncate(numbers[i]) && Math.Abs(numbers[i]) <= int.MaxValue, "an array of 32-bit whole numbers");
            integers[i] = (int)numbers[i];
        }

        return integers;
    }

    /// <summary>The elements of an array of arrays.</summary>
    /// <exception cref="CheckpointException">It is something else.</exception>
    public GgufValue[] AsArrays()
    {
        DemandArray(GgufValueType.Array);
        var parts = new GgufValue[checked((int)Count)];
        var reader = new GgufReader(bytes.Path, bytes.Start, bytes.Length) { Item = Key };
        reader.Skip(offset);
        for (int i = 0; i < parts.Length; i++)
            parts[i] = GgufFile.ReadValue(ref reader, bytes, Key, GgufValueType.Array, 1);
        GC.KeepAlive(bytes.Owner);
        return parts;
    }

    /// <summary>Short text for people: the value, or the first few of an array.</summary>
    public override string ToString()
    {
        const int shown = 6;
        switch (Type)
        {
            case GgufValueType.String:
                return AsString();
            case GgufValueType.Bool:
                return AsFlag() ? "true" : "false";
            case GgufValueType.Array when ElementType == GgufValueType.String:
                return $"[{string.Join(", ", AsStrings().Take(shown))}{(Count > shown ? $", … {Count} texts" : "")}]";
            case GgufValueType.Array when ElementType == GgufValueType.Array:
                return $"[{Count} arrays]";
            case GgufValueType.Array:
                return $"[{string.Join(", ", AsNumbers().Take(shown).Select(n => n.ToString(CultureInfo.InvariantCulture)))}{(Count > shown ? $", … {Count} numbers" : "")}]";
            case GgufValueType.F32:
                return ((float)AsNumber()).ToString(CultureInfo.InvariantCulture);
            case GgufValueType.F64:
                return AsNumber().ToString(CultureInfo.InvariantCulture);
            case GgufValueType.U64:
                ulong number = Unsafe.ReadUnaligned<ulong>(bytes.Start + offset);
                GC.KeepAlive(bytes.Owner);
                return number.ToString(CultureInfo.InvariantCulture);
            default:
                return AsInteger().ToString(CultureInfo.InvariantCulture);
        }
    }

    /// <summary>Writes the value's bytes as the file has them, without type and count.</summary>
    internal void CopyTo(Stream stream)
    {
        const int chunk = 1 << 20;
        for (long at = offset; at < end; at += chunk)
            stream.Write(new ReadOnlySpan<byte>(bytes.Start + at, (int)Math.Min(chunk, end - at)));
        GC.KeepAlive(bytes.Owner);
    }

    /// <summary>Bytes of one number; 0 for texts and arrays.</summary>
    internal static int SizeOf(GgufValueType type) => type switch
    {
        GgufValueType.U8 or GgufValueType.I8 or GgufValueType.Bool => 1,
        GgufValueType.U16 or GgufValueType.I16 => 2,
        GgufValueType.U32 or GgufValueType.I32 or GgufValueType.F32 => 4,
        GgufValueType.U64 or GgufValueType.I64 or GgufValueType.F64 => 8,
        _ => 0,
    };

    static double NumberAt(GgufValueType type, byte* p) => type switch
    {
        GgufValueType.U8 => *p,
        GgufValueType.I8 => (sbyte)*p,
        GgufValueType.Bool => *p != 0 ? 1 : 0,
        GgufValueType.U16 => Unsafe.ReadUnaligned<ushort>(p),
        GgufValueType.I16 => Unsafe.ReadUnaligned<short>(p),
        GgufValueType.U32 => Unsafe.ReadUnaligned<uint>(p),
        GgufValueType.I32 => Unsafe.ReadUnaligned<int>(p),
        GgufValueType.F32 => Unsafe.ReadUnaligned<float>(p),
        GgufValueType.U64 => Unsafe.ReadUnaligned<ulong>(p),
        GgufValueType.I64 => Unsafe.ReadUnaligned<long>(p),
        _ => Unsafe.ReadUnaligned<double>(p),
    };

    void DemandArray(GgufValueType elements) => Demand(Type == GgufValueType.Array && ElementType == elements, $"an array of {elements} values");

    void Demand(bool holds, string what)
    {
        if (!holds)
            throw new CheckpointException(bytes.Path, Key, $"should be {what}, not {(Type == GgufValueType.Array ? $"an array of {Count} {ElementType}" : Type.ToString())}");
    }
}

/// <summary>The bytes that metadata values point into.</summary>
sealed unsafe class MappedBytes(string path, byte* start, long length, object? owner)
{
    public string Path { get; } = path;

    public byte* Start { get; } = start;

    public long Length { get; } = length;

    /// <summary>What keeps the bytes.</summary>
    public object? Owner { get; } = owner;
}
