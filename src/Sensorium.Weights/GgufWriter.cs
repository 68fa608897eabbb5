using System.Text;
using Sensorium.Tensors;

namespace Sensorium.Weights;

/// <summary>Writes GGUF version 3 as llama.cpp reads it. Keys and tensors are written in the order in which they are added.</summary>
public sealed class GgufWriter
{
    const uint Magic = 0x46554747;
    const int Version = 3;
    const int LongestName = 63;

    readonly List<(string Key, Action<BinaryWriter> Write)> values = [];
    readonly List<PlannedTensor> tensors = [];
    readonly HashSet<string> keys = new(StringComparer.Ordinal);
    readonly HashSet<string> names = new(StringComparer.Ordinal);
    long alignment = 32;

    /// <summary>The tensors in the order in which they will be written.</summary>
    public IReadOnlyList<PlannedTensor> Tensors => tensors;

    /// <summary>Bytes of all tensors, without what aligns them.</summary>
    public long TensorBytes => tensors.Sum(tensor => tensor.ByteLength);

    /// <summary>Whether a key is there.</summary>
    public bool Has(string key) => keys.Contains(key);

    /// <summary>Takes a key away, so that it can be added anew; it may be missing.</summary>
    public void Remove(string key)
    {
        if (keys.Remove(key))
            values.RemoveAll(value => string.Equals(value.Key, key, StringComparison.Ordinal));
    }

    /// <summary>Adds a text.</summary>
    public void Add(string key, string value) => Put(key, GgufValueType.String, writer => Text(writer, value));

    /// <summary>Adds yes or no.</summary>
    public void Add(string key, bool value) => Put(key, GgufValueType.Bool, writer => writer.Write(value));

    /// <summary>Adds an unsigned 32-bit number, the kind that llama.cpp expects for sizes and ids.</summary>
    public void Add(string key, uint value)
    {
        if (string.Equals(key, "general.alignment", StringComparison.Ordinal))
            alignment = value;
        Put(key, GgufValueType.U32, writer => writer.Write(value));
    }

    /// <summary>Adds a signed 32-bit number.</summary>
    public void Add(string key, int value) => Put(key, GgufValueType.I32, writer => writer.Write(value));

    /// <summary>Adds an unsigned 64-bit number.</summary>
    public void Add(string key, ulong value) => Put(key, GgufValueType.U64, writer => writer.Write(value));

    /// <summary>Adds a float32.</summary>
    public void Add(string key, float value) => Put(key, GgufValueType.F32, writer => writer.Write(value));

    /// <summary>Adds an array of texts.</summary>
    public void Add(string key, IReadOnlyList<string> value) => PutArray(key, GgufValueType.String, value, Text);

    /// <summary>Adds an array of texts given as bytes.</summary>
    public void Add(string key, IReadOnlyList<byte[]> value) => PutArray(key, GgufValueType.String, value, (writer, text) =>
    {
        writer.Write((ulong)text.Length);
        writer.Write(text);
    });

    /// <summary>Adds an array of float32.</summary>
    public void Add(string key, IReadOnlyList<float> value) => PutArray(key, GgufValueType.F32, value, (writer, number) => writer.Write(number));

    /// <summary>Adds an array of signed 32-bit numbers.</summary>
    public void Add(string key, IReadOnlyList<int> value) => PutArray(key, GgufValueType.I32, value, (writer, number) => writer.Write(number));

    /// <summary>Adds an array of bytes.</summary>
    public void Add(string key, ReadOnlyMemory<byte> value) => Put(key, GgufValueType.Array, writer =>
    {
        writer.Write((uint)GgufValueType.U8);
        writer.Write((ulong)value.Length);
        writer.Write(value.Span);
    });

    /// <summary>Adds an array of flags.</summary>
    public void Add(string key, IReadOnlyList<bool> value) => PutArray(key, GgufValueType.Bool, value, (writer, flag) => writer.Write(flag));

    /// <summary>Adds a value of another file as it is, under the same key.</summary>
    public void Add(GgufValue value)
    {
        if (string.Equals(value.Key, "general.alignment", StringComparison.Ordinal))
            alignment = value.AsInteger();
        Put(value.Key, value.Type, writer =>
        {
            if (value.Type == GgufValueType.Array)
            {
                writer.Write((uint)value.ElementType);
                writer.Write((ulong)value.Count);
            }

            writer.Flush();
            value.CopyTo(writer.BaseStream);
        });
    }

    /// <summary>Adds a tensor as it is; its name in the file is <see cref="RawTensor.Name"/>. Its bytes are read when the file is written.</summary>
    /// <inheritdoc cref="Add(PlannedTensor)"/>
    public void Add(RawTensor tensor) => Add(PlannedTensor.Of(tensor));

    /// <summary>Adds a tensor. Its numbers are fetched when the file is written.</summary>
    /// <exception cref="CheckpointException">The name is taken or too long, the type has no number in GGUF, or there are more than four dimensions.</exception>
    public void Add(PlannedTensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (Encoding.UTF8.GetByteCount(tensor.Name) > LongestName)
            throw new CheckpointException(tensor.Source, tensor.Name, $"has a name of more than {LongestName} bytes, which llama.cpp does not read");
        if (GgufTypes.ToId(tensor.Type) is null)
            throw new CheckpointException(tensor.Source, tensor.Name, $"is {tensor.Type}, which GGUF does not have; convert it to F32, F16 or BF16 first");
        if (tensor.Shape.Length > 4)
            throw new CheckpointException(tensor.Source, tensor.Name, $"has {tensor.Shape.Length} dimensions; GGUF allows 4");
        if (!names.Add(tensor.Name))
            throw new CheckpointException(tensor.Source, tensor.Name, "is added twice");
        tensors.Add(tensor);
    }

    /// <summary>Writes the file; an existing one is replaced only when the new one is whole.</summary>
    /// <param name="path">The file.</param>
    /// <param name="progress">Told after each tensor.</param>
    /// <param name="check">Looks at the file, under another name, when its header is written and its tensors are not: throws where it should not be made.</param>
    /// <param name="cancellation">Stops within a tensor; nothing is left behind.</param>
    /// <exception cref="CheckpointException">It cannot be written, the disk has no room, or a tensor's numbers do not fit its type.</exception>
    public void Write(string path, IProgress<LoadProgress>? progress = null, Action<string>? check = null, CancellationToken cancellation = default)
    {
        byte[] head = Header();
        long total = head.Length + tensors.Sum(tensor => Align(tensor.ByteLength));
        AtomicFile.DemandRoom(path, total);
        AtomicFile.InTwoSteps(
            path,
            stream =>
            {
                stream.Write(head);
                stream.SetLength(total);
            },
            check,
            stream =>
            {
                stream.Position = head.Length;
                WriteTensors(stream, progress, cancellation);
            });
    }

    /// <summary>Writes to a stream.</summary>
    public void Write(Stream stream, IProgress<LoadProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        stream.Write(Header());
        WriteTensors(stream, progress, cancellation);
    }

    /// <summary>All that stands before the tensors' data, padded to its beginning.</summary>
    byte[] Header()
    {
        using var head = new MemoryStream();
        using var writer = new BinaryWriter(head, Encoding.UTF8);
        writer.Write(Magic);
        writer.Write(Version);
        writer.Write((ulong)tensors.Count);
        writer.Write((ulong)values.Count);
        foreach ((string key, Action<BinaryWriter> write) in values)
        {
            Text(writer, key);
            write(writer);
        }

        long offset = 0;
        foreach (PlannedTensor tensor in tensors)
        {
            Text(writer, tensor.Name);
            writer.Write((uint)tensor.Shape.Length);
            for (int i = tensor.Shape.Length - 1; i >= 0; i--)
                writer.Write((ulong)tensor.Shape[i]);
            writer.Write((uint)GgufTypes.ToId(tensor.Type)!.Value);
            writer.Write((ulong)offset);
            offset = Align(offset + tensor.ByteLength);
        }

        writer.Flush();
        Pad(head, Align(head.Length) - head.Length);
        return head.ToArray();
    }

    void WriteTensors(Stream stream, IProgress<LoadProgress>? progress, CancellationToken cancellation)
    {
        using var rewriter = new TensorRewriter(stream, cancellation);
        long total = TensorBytes, done = 0;
        foreach (PlannedTensor tensor in tensors)
        {
            cancellation.ThrowIfCancellationRequested();
            rewriter.Write(tensor);
            Pad(stream, Align(tensor.ByteLength) - tensor.ByteLength);
            done += tensor.ByteLength;
            progress?.Report(new LoadProgress(done, total, tensor.Name));
        }
    }

    long Align(long position) => (position + alignment - 1) / alignment * alignment;

    static void Pad(Stream stream, long bytes)
    {
        for (long i = 0; i < bytes; i++)
            stream.WriteByte(0);
    }

    void Put(string key, GgufValueType type, Action<BinaryWriter> write)
    {
        if (!keys.Add(key))
            throw new ArgumentException($"the key '{key}' is added twice", nameof(key));
        values.Add((key, writer =>
        {
            writer.Write((uint)type);
            write(writer);
        }));
    }

    void PutArray<T>(string key, GgufValueType type, IReadOnlyList<T> elements, Action<BinaryWriter, T> write) => Put(key, GgufValueType.Array, writer =>
    {
        writer.Write((uint)type);
        writer.Write((ulong)elements.Count);
        foreach (T element in elements)
            write(writer, element);
    });

    static void Text(BinaryWriter writer, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }
}
