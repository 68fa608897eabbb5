using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using Sensorium.Tensors;

namespace Sensorium.Weights;

/// <summary>One safetensors file (format: huggingface.co/docs/safetensors): 8 bytes header length, a JSON header, and the tensors' bytes end to end.</summary>
public sealed unsafe class SafetensorsFile : TensorSource
{
    /// <summary>The longest header that the format allows.</summary>
    public const int LongestHeader = 100_000_000;

    readonly Dictionary<string, RawTensor> tensors = new(StringComparer.Ordinal);
    readonly List<string> names = [];
    readonly MappedFile file;
    readonly SafetensorsHeader header;

    SafetensorsFile(MappedFile file, SafetensorsHeader header)
    {
        this.file = file;
        this.header = header;
        foreach (SafetensorsEntry entry in header.Entries)
        {
            byte* data = file.Start + header.DataStart + entry.Begin;
            tensors.Add(entry.Name, new RawTensor(entry.Name, entry.Type, entry.Shape, data, entry.End - entry.Begin, file, file.Path));
            names.Add(entry.Name);
        }
    }

    /// <inheritdoc/>
    public override string Path => file.Path;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Files => [file.Path];

    /// <inheritdoc/>
    public override IReadOnlyList<string> Names => names;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Notes => header.Notes;

    /// <inheritdoc/>
    internal override IEnumerable<RawTensor> Headers => [file.Bytes(0, header.DataStart)];

    /// <summary>Asks the system to have every page at hand; see <see cref="MappedFile.Populate"/>.</summary>
    internal void Populate() => file.Populate();

    /// <summary>Maps the file and reads its header.</summary>
    /// <exception cref="CheckpointException">The file is not there, or what it says of itself is wrong.</exception>
    public static new SafetensorsFile Open(string path)
    {
        MappedFile mapped = MappedFile.Open(path);
        try
        {
            if (mapped.Length < 8)
                throw new CheckpointException(path, $"has {mapped.Length} bytes, less than a safetensors header; download it again");
            ulong length = BinaryPrimitives.ReadUInt64LittleEndian(mapped.Span(0, 8));
            if (length > LongestHeader)
                throw new CheckpointException(path, $"claims a header of {length} bytes, more than the {LongestHeader} of the format; it is no safetensors file, or damaged");
            if ((long)length > mapped.Length - 8)
                throw new CheckpointException(path, $"claims a header of {length} bytes but has {mapped.Length}: it is cut short; download it again");
            SafetensorsHeader parsed = SafetensorsHeader.Parse(path, mapped.Span(8, (int)length), mapped.Length);
            return new SafetensorsFile(mapped, parsed);
        }
        catch
        {
            mapped.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override bool TryGet(string name, [NotNullWhen(true)] out RawTensor? tensor) => tensors.TryGetValue(name, out tensor);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            file.Dispose();
    }
}

/// <summary>A tensor as the header has it; offsets count from the first data byte.</summary>
readonly record struct SafetensorsEntry(string Name, DType Type, long[] Shape, long Begin, long End);
