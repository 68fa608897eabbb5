using System.Buffers.Binary;
using System.Text;
using Sensorium.Tensors;
using Sensorium.Tensors.Formats;

namespace Sensorium.Weights.Tests.Fuzz;

/// <summary>GGUF headers. May raise <see cref="CheckpointException"/>, nothing else.</summary>
public static unsafe class GgufFuzz
{
    /// <summary>Reads one input as a GGUF file and decodes everything in it.</summary>
    public static void One(ReadOnlySpan<byte> data)
    {
        fixed (byte* p = data)
        {
            try
            {
                using GgufFile file = GgufFile.Parse("fuzz.gguf", p, data.Length);
                foreach (string key in file.Metadata.Keys)
                    _ = file.Metadata[key].ToString();
                foreach (RawTensor tensor in file.Tensors)
                    Touch.All(tensor);
            }
            catch (CheckpointException)
            {
            }
        }
    }
}

/// <summary>Safetensors files. May raise <see cref="CheckpointException"/>, nothing else.</summary>
public static class SafetensorsFuzz
{
    /// <summary>Reads one input as a safetensors header and its data length.</summary>
    public static void One(ReadOnlySpan<byte> data)
    {
        try
        {
            if (data.Length < 8 || BinaryPrimitives.ReadUInt64LittleEndian(data) is var length && length > (ulong)(data.Length - 8))
                return;
            SafetensorsHeader header = SafetensorsHeader.Parse("fuzz.safetensors", data.Slice(8, (int)length), data.Length);
            foreach (SafetensorsEntry entry in header.Entries)
                _ = data.Slice((int)(header.DataStart + entry.Begin), (int)(entry.End - entry.Begin));
        }
        catch (CheckpointException)
        {
        }
    }
}

/// <summary>Indexes of shards. May raise <see cref="CheckpointException"/> or a JSON error that the reader of files turns into one.</summary>
public static class SafetensorsIndexFuzz
{
    /// <summary>Reads one input as an index.</summary>
    public static void One(ReadOnlySpan<byte> data)
    {
        try
        {
            foreach (string shard in ShardedSafetensors.ParseIndex("fuzz.index.json", data).Values)
            {
                if (Path.GetFileName(shard) != shard)
                    throw new InvalidDataException($"'{shard}' leaves the folder");
            }
        }
        catch (Exception e) when (e is CheckpointException or System.Text.Json.JsonException or InvalidOperationException)
        {
        }
    }
}

static unsafe class Touch
{
    const int MostElements = 1 << 16;

    public static void All(RawTensor tensor)
    {
        if (tensor.Elements <= MostElements)
            _ = BlockFormats.ToFloats(tensor);
    }
}
