using System.Numerics;
using Sensorium.Tensors;

namespace Sensorium.Weights;

/// <summary>One GGUF file, version 2 or 3 (format: ggml's docs/gguf.md): typed metadata, tensor descriptions, aligned tensor data.</summary>
public sealed unsafe class GgufFile : IDisposable
{
    const uint Magic = 0x46554747;
    const int LeastKeyBytes = 8 + 4 + 1;
    const int LeastTensorBytes = 8 + 4 + 4 + 8;
    const int DeepestArray = 4;
    const int MostDimensions = 4;

    readonly IDisposable? file;
    readonly List<RawTensor> tensors = [];

    GgufFile(string path, IDisposable? file)
    {
        Path = path;
        this.file = file;
        Metadata = new GgufMetadata(path);
    }

    /// <summary>The path it was opened by.</summary>
    public string Path { get; }

    /// <summary>2 or 3.</summary>
    public int Version { get; private set; }

    /// <summary>Bytes that tensors are aligned to.</summary>
    public long Alignment { get; private set; } = 32;

    /// <summary>Keys and values.</summary>
    public GgufMetadata Metadata { get; }

    /// <summary>The tensors in the header's order, shapes outermost first (GGUF's dimensions reversed).</summary>
    public IReadOnlyList<RawTensor> Tensors => tensors;

    /// <summary>What stands before the tensors, as bytes.</summary>
    internal RawTensor Header { get; private set; } = RawTensor.ShapeOnly("header", DType.U8, 0);

    /// <summary>Whether a file begins as GGUF files do.</summary>
    public static bool Matches(string path)
    {
        try
        {
            using FileStream stream = File.OpenRead(path);
            Span<byte> head = stackalloc byte[4];
            return stream.ReadAtLeast(head, 4, throwOnEndOfStream: false) == 4 && head.SequenceEqual("GGUF"u8);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Maps a file and reads its header.</summary>
    /// <exception cref="CheckpointException">The file is not there, of another format or version, or what it says of itself is wrong.</exception>
    public static GgufFile Open(string path)
    {
        MappedFile mapped = MappedFile.Open(path);
        try
        {
            var gguf = new GgufFile(path, mapped);
            gguf.Read(new MappedBytes(path, mapped.Start, mapped.Length, mapped));
            return gguf;
        }
        catch
        {
            mapped.Dispose();
            throw;
        }
    }

    /// <summary>Reads a header in memory; the bytes must outlive the result.</summary>
    internal static GgufFile Parse(string path, byte* start, long length)
    {
        var gguf = new GgufFile(path, null);
        gguf.Read(new MappedBytes(path, start, length, null));
        return gguf;
    }

    /// <inheritdoc/>
    public void Dispose() => file?.Dispose();

    void Read(MappedBytes bytes)
    {
        var reader = new GgufReader(Path, bytes.Start, bytes.Length);
        if (reader.Read<uint>() != Magic)
            throw new CheckpointException(Path, "does not begin with GGUF; it is another kind of file, or damaged");
        ReadVersion(reader.Read<uint>());
        ulong tensorCount = reader.Read<ulong>();
        if (tensorCount > (ulong)(reader.Remaining / LeastTensorBytes))
            throw new CheckpointException(Path, "tensor count", $"is {tensorCount}, more than the file's {bytes.Length} bytes can describe; it is damaged or cut short");
        reader.Item = "metadata count";
        long valueCount = reader.ReadCount(LeastKeyBytes, "metadata values");
        for (long i = 0; i < valueCount; i++)
            ReadKeyAndValue(ref reader, bytes);
        ReadAlignment();
        var places = new List<TensorPlace>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (ulong i = 0; i < tensorCount; i++)
        {
            TensorPlace place = ReadTensor(ref reader);
            if (!seen.Add(place.Name))
                throw new CheckpointException(Path, place.Name, "is described twice; the file is damaged");
            places.Add(place);
        }

        long dataStart = (reader.Position + Alignment - 1) / Alignment * Alignment;
        CheckPlaces(places, bytes.Length - dataStart);
        Header = new RawTensor("header", DType.U8, [reader.Position], bytes.Start, reader.Position, bytes.Owner, Path);
        foreach (TensorPlace place in places)
            tensors.Add(new RawTensor(place.Name, place.Type, place.Shape, bytes.Start + dataStart + place.Offset, place.Bytes, bytes.Owner, Path));
    }

    void ReadVersion(uint version)
    {
        if (version is 2 or 3)
            Version = (int)version;
        else if (version == 1)
            throw new CheckpointException(Path, "is GGUF version 1, which llama.cpp dropped in 2023; convert the model again");
        else if ((version & 0xffff) == 0 && version != 0)
            throw new CheckpointException(Path, "is a big-endian GGUF file; only little-endian ones are read: convert it with gguf_convert_endian.py");
        else
            throw new CheckpointException(Path, $"is GGUF version {version}; versions 2 and 3 are read");
    }

    void ReadKeyAndValue(ref GgufReader reader, MappedBytes bytes)
    {
        string key = reader.ReadString();
        reader.Item = key;
        GgufValueType type = ReadType(ref reader);
        if (!Metadata.Add(ReadValue(ref reader, bytes, key, type, 0)))
            throw new CheckpointException(Path, key, "stands twice in the metadata; the file is damaged");
        reader.Item = $"what follows {key}";
    }

    /// <summary>Notes where a value stands and steps over it.</summary>
    internal static GgufValue ReadValue(ref GgufReader reader, MappedBytes bytes, string key, GgufValueType type, int depth)
    {
        long offset = reader.Position;
        if (type == GgufValueType.String)
        {
            reader.ReadStringPlace();
            return new GgufValue(bytes, key, type, type, 1, offset, reader.Position);
        }

        if (type != GgufValueType.Array)
        {
            reader.Skip(GgufValue.SizeOf(type));
            return new GgufValue(bytes, key, type, type, 1, offset, reader.Position);
        }

        if (depth == DeepestArray)
            throw new CheckpointException(bytes.Path, key, $"has arrays nested deeper than {DeepestArray}");
        GgufValueType element = ReadType(ref reader);
        int size = GgufValue.SizeOf(element);
        long count = reader.ReadCount(size > 0 ? size : element == GgufValueType.String ? 8 : 12, "elements");
        offset = reader.Position;
        if (size > 0)
        {
            reader.Skip(count * size);
        }
        else
        {
            for (long i = 0; i < count; i++)
            {
                if (element == GgufValueType.String)
                    reader.ReadStringPlace();
                else
                    ReadValue(ref reader, bytes, key, element, depth + 1);
            }
        }

        return new GgufValue(bytes, key, type, element, count, offset, reader.Position);
    }

    static GgufValueType ReadType(ref GgufReader reader)
    {
        uint type = reader.Read<uint>();
        return type <= (uint)GgufValueType.F64
            ? (GgufValueType)type
            : throw new CheckpointException(reader.Path, reader.Item, $"has the unknown value type {type}; the file is damaged or of a newer format");
    }

    void ReadAlignment()
    {
        long alignment = Metadata.Integer("general.alignment") ?? 32;
        if (alignment is <= 0 or > 1 << 20 || !BitOperations.IsPow2(alignment))
            throw new CheckpointException(Path, "general.alignment", $"is {alignment}; it must be a power of two up to 2^20");
        Alignment = alignment;
    }

    TensorPlace ReadTensor(ref GgufReader reader)
    {
        string name = reader.ReadString();
        reader.Item = name;
        uint dimensions = reader.Read<uint>();
        if (dimensions > MostDimensions)
            throw new CheckpointException(Path, name, $"has {dimensions} dimensions; GGUF allows {MostDimensions}");
        var shape = new long[dimensions];
        for (int i = shape.Length - 1; i >= 0; i--)
        {
            ulong size = reader.Read<ulong>();
            if (size > long.MaxValue)
                throw new CheckpointException(Path, name, $"has a dimension of {size}; the file is damaged");
            shape[i] = (long)size;
        }

        uint typeId = reader.Read<uint>();
        DType type = GgufTypes.FromId(typeId)
            ?? throw new CheckpointException(Path, name, $"has the tensor type {GgufTypes.Describe(typeId)}, which is not read");
        ulong offset = reader.Read<ulong>();
        if (offset > long.MaxValue || offset % (ulong)Alignment != 0)
            throw new CheckpointException(Path, name, $"begins at byte {offset} of the data, which is no multiple of the alignment {Alignment}");
        reader.Item = $"what follows {name}";
        return new TensorPlace(name, type, shape, (long)offset, ByteCount(name, type, shape));
    }

    long ByteCount(string name, DType type, long[] shape)
    {
        long row = shape.Length == 0 ? 1 : shape[^1];
        if (row % type.BlockSize() != 0)
            throw new CheckpointException(Path, name, $"has rows of {row} numbers, which is no whole number of {type} blocks of {type.BlockSize()}");
        Int128 elements = 1;
        foreach (long size in shape)
        {
            elements *= size;
            if (elements > long.MaxValue)
                throw new CheckpointException(Path, name, $"has more than 2^63 numbers, [{string.Join(", ", shape)}]");
        }

        Int128 bytes = elements / type.BlockSize() * type.BlockBytes();
        return bytes <= long.MaxValue ? (long)bytes : throw new CheckpointException(Path, name, "has more than 2^63 bytes");
    }

    void CheckPlaces(List<TensorPlace> places, long dataLength)
    {
        long reached = 0;
        string? before = null;
        foreach (TensorPlace place in places.OrderBy(place => place.Offset).ThenBy(place => place.Bytes))
        {
            if (place.Bytes > dataLength || place.Offset > dataLength - place.Bytes)
            {
                throw new CheckpointException(Path, place.Name,
                    $"needs bytes {place.Offset} to {(Int128)place.Offset + place.Bytes} of the data, but the file has {Math.Max(dataLength, 0)}: it is cut short; download it again");
            }

            if (place.Offset < reached)
                throw new CheckpointException(Path, place.Name, $"begins at byte {place.Offset} of the data, inside '{before}', which ends at {reached}");
            reached = place.Offset + place.Bytes;
            before = place.Name;
        }
    }

    readonly record struct TensorPlace(string Name, DType Type, long[] Shape, long Offset, long Bytes);
}
