using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using Sensorium.Tensors;

namespace Sensorium.Weights;

/// <summary>Writes safetensors files: one, or shards with their index.</summary>
public static class SafetensorsWriter
{
    /// <summary>The size from which the hub's tools cut a checkpoint into shards.</summary>
    public const long ShardBytes = 5_000_000_000;

    const int LengthBytes = 8;

    /// <summary>Writes tensors under their names, in order; an existing file is replaced only when the new one is whole.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tensors">Plain types only.</param>
    /// <param name="notes">What goes under <c>__metadata__</c>; the hub's files have <c>format: pt</c> there.</param>
    /// <exception cref="CheckpointException">A tensor has a block type, or the file cannot be written.</exception>
    public static void Write(string path, IReadOnlyList<RawTensor> tensors, IReadOnlyDictionary<string, string>? notes = null) =>
        Write(path, [.. tensors.Select(PlannedTensor.Of)], notes, null, CancellationToken.None);

    /// <summary>Writes a checkpoint's tensors into a folder: <c>model.safetensors</c>, or shards and <c>model.safetensors.index.json</c>.</summary>
    /// <param name="folder">The folder; it exists.</param>
    /// <param name="tensors">Plain types only.</param>
    /// <param name="notes">What goes under <c>__metadata__</c> of every file.</param>
    /// <param name="shardBytes">The most that one file may hold; a single larger tensor has a file of its own.</param>
    /// <param name="progress">Told after each tensor.</param>
    /// <param name="cancellation">Stops within a tensor.</param>
    /// <exception cref="CheckpointException">A tensor has a block type, its numbers do not fit its type, or a file cannot be written.</exception>
    public static void WriteFolder(
        string folder,
        IReadOnlyList<PlannedTensor> tensors,
        IReadOnlyDictionary<string, string>? notes = null,
        long shardBytes = ShardBytes,
        IProgress<LoadProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        List<List<PlannedTensor>> shards = Shards(tensors, shardBytes);
        var told = new Share(progress, tensors.Sum(tensor => tensor.ByteLength));
        if (shards.Count == 1)
        {
            Write(Path.Combine(folder, "model.safetensors"), tensors, notes, told, cancellation);
            return;
        }

        var files = new List<string>();
        for (int i = 0; i < shards.Count; i++)
        {
            files.Add(string.Create(CultureInfo.InvariantCulture, $"model-{i + 1:D5}-of-{shards.Count:D5}.safetensors"));
            Write(Path.Combine(folder, files[i]), shards[i], notes, told, cancellation);
        }

        WriteIndex(Path.Combine(folder, "model.safetensors.index.json"), shards, files);
    }

    static List<List<PlannedTensor>> Shards(IReadOnlyList<PlannedTensor> tensors, long shardBytes)
    {
        var shards = new List<List<PlannedTensor>> { new() };
        long bytes = 0;
        foreach (PlannedTensor tensor in tensors)
        {
            if (bytes > 0 && bytes + tensor.ByteLength > shardBytes)
            {
                shards.Add([]);
                bytes = 0;
            }

            shards[^1].Add(tensor);
            bytes += tensor.ByteLength;
        }

        return shards;
    }

    static void WriteIndex(string path, List<List<PlannedTensor>> shards, List<string> files) => AtomicFile.Write(path, stream =>
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteStartObject("metadata");
        json.WriteNumber("total_size", shards.Sum(shard => shard.Sum(tensor => tensor.ByteLength)));
        json.WriteEndObject();
        json.WriteStartObject("weight_map");
        for (int i = 0; i < shards.Count; i++)
        {
            foreach (PlannedTensor tensor in shards[i])
                json.WriteString(tensor.Name, files[i]);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    });

    static void Write(string path, IReadOnlyList<PlannedTensor> tensors, IReadOnlyDictionary<string, string>? notes, Share? progress, CancellationToken cancellation)
    {
        byte[] header = Header(tensors, notes, 8);
        AtomicFile.Write(path, stream =>
        {
            stream.Write(header);
            using var rewriter = new TensorRewriter(stream, cancellation);
            foreach (PlannedTensor tensor in tensors)
            {
                cancellation.ThrowIfCancellationRequested();
                rewriter.Write(tensor);
                progress?.Add(tensor);
            }
        });
    }

    /// <summary>What stands before the tensors: the header with its length.</summary>
    /// <param name="tensors">Plain types only.</param>
    /// <param name="notes">What goes under <c>__metadata__</c>.</param>
    /// <param name="alignment">The first tensor's bytes begin at a multiple of it.</param>
    /// <exception cref="CheckpointException">A tensor has a block type.</exception>
    internal static byte[] Header(IReadOnlyList<PlannedTensor> tensors, IReadOnlyDictionary<string, string>? notes, int alignment)
    {
        using var bytes = new MemoryStream();
        bytes.Write(new byte[LengthBytes]);
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            if (notes is { Count: > 0 })
            {
                json.WriteStartObject("__metadata__");
                foreach ((string key, string value) in notes)
                    json.WriteString(key, value);
                json.WriteEndObject();
            }

            long offset = 0;
            foreach (PlannedTensor tensor in tensors)
            {
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", SafetensorsTypes.NameOf(tensor.Type)
                    ?? throw new CheckpointException(tensor.Source, tensor.Name, $"is {tensor.Type}, which safetensors does not have; widen it to F32, F16 or BF16 first"));
                json.WriteStartArray("shape");
                foreach (long size in tensor.Shape)
                    json.WriteNumberValue(size);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset += tensor.ByteLength);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        while (bytes.Length % alignment != 0)
            bytes.WriteByte((byte)' ');
        byte[] header = bytes.ToArray();
        BinaryPrimitives.WriteInt64LittleEndian(header, header.Length - LengthBytes);
        return header;
    }

    /// <summary>Progress over several files.</summary>
    sealed class Share(IProgress<LoadProgress>? progress, long total)
    {
        long done;

        public void Add(PlannedTensor tensor)
        {
            done += tensor.ByteLength;
            progress?.Report(new LoadProgress(done, total, tensor.Name));
        }
    }
}
