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
    readonly List<RawTensor> tensors = [];
    readonly HashSet<string> keys = new(StringComparer.Ordinal);
    readonly HashSet<string> names = new(StringComparer.Ordinal);
    long alignment = 32;

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

    /// <summary>Adds a tensor; its name in the file is <see cref="RawTensor.Name"/>. Its bytes are read when the file is written.</summary>
    /// <exception cref="CheckpointException">The name is taken or too long, the type has no number in GGUF, or there are more than four dimensions.</exception>
    public void Add(RawTensor tensor)
    {
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
    public void Write(string path, IProgress<LoadProgress>? progress = null) => AtomicFile.Write(path, stream => Write(stream, progress));

    /// <summary>Writes to a stream.</summary>
    public void Write(Stream stream, IProgress<LoadProgress>? progress = null)
    {
        using var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
        writer.Write(Magic);
        writer.Write(Version);
        writer.Write((ulong)tensors.Count);
        writer.Write((ulong)values.Count);
        long position = 4 + 4 + 8 + 8;
        using var head = new MemoryStream();
        using (var headWriter = new BinaryWriter(head, Encoding.UTF8, leaveOpen: true))
        {
            foreach ((string key, Action<BinaryWriter> write) in values)
            {
                Text(headWriter, key);
                write(headWriter);
            }

            long offset = 0;
            foreach (RawTensor tensor in tensors)
            {
                Text(headWriter, tensor.Name);
                headWriter.Write((uint)tensor.Shape.Length);
                for (int i = tensor.Shape.Length - 1; i >= 0; i--)
                    headWriter.Write((ulong)tensor.Shape[i]);
                headWriter.Write((uint)GgufTypes.ToId(tensor.Type)!.Value);
                headWriter.Write((ulong)offset);
                offset = Align(offset + tensor.ByteLength);
            }
        }

        writer.Write(head.GetBuffer().AsSpan(0, (int)head.Length));
        position += head.Length;
        Pad(writer, Align(position) - position);
        long total = tensors.Sum(tensor => tensor.ByteLength), done = 0;
        foreach (RawTensor tensor in tensors)
        {
            AtomicFile.Copy(tensor, stream);
            Pad(writer, Align(tensor.ByteLength) - tensor.ByteLength);
            done += tensor.ByteLength;
            progress?.Report(new LoadProgress(done, total, tensor.Name));
        }
    }

    long Align(long position) => (position + alignment - 1) / alignment * alignment;

    static void Pad(BinaryWriter writer, long bytes)
    {
        for (long i = 0; i < bytes; i++)
            writer.Write((byte)0);
        writer.Flush();
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
