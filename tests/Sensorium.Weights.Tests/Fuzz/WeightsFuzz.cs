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

public sealed class WeightsFuzzTests
{
    const int Rounds = 4000;

    delegate void Target(ReadOnlySpan<byte> data);

    [Fact]
    public void Mutated_gguf_files_are_read_or_named() => Run(GgufFuzz.One, GgufSeed());

    [Fact]
    public void Mutated_safetensors_files_are_read_or_named() => Run(SafetensorsFuzz.One, SafetensorsSeed());

    [Fact]
    public void Mutated_indexes_are_read_or_named() => Run(SafetensorsIndexFuzz.One,
        Encoding.UTF8.GetBytes("""{"metadata":{"total_size":8},"weight_map":{"a.b":"model-00001-of-00002.safetensors","c":"model-00002-of-00002.safetensors"}}"""));

    static void Run(Target target, byte[] seed)
    {
        target(seed);
        var random = new Random(20_260_101);
        for (int round = 0; round < Rounds; round++)
        {
            byte[] data = seed[..];
            int changes = 1 + random.Next(4);
            for (int i = 0; i < changes; i++)
            {
                int at = random.Next(data.Length);
                switch (random.Next(6))
                {
                    case 0: data[at] = (byte)random.Next(256); break;
                    case 1: data[at] ^= (byte)(1 << random.Next(8)); break;
                    case 2: data = data[..at]; break;
                    case 3: data = [.. data[..at], .. data[random.Next(data.Length)..]]; break;
                    case 4: data.AsSpan(at, Math.Min(8, data.Length - at)).Fill(0xff); break;
                    default: data[at] = (byte)"0123456789[]{}\",:-"[random.Next(18)]; break;
                }

                if (data.Length == 0)
                    break;
            }

            target(data);
        }
    }

    static byte[] GgufSeed()
    {
        var writer = new GgufWriter();
        writer.Add("general.architecture", "llama");
        writer.Add("general.alignment", 32u);
        writer.Add("tokens", (IReadOnlyList<string>)["a", "bc", "ü"]);
        writer.Add("scores", (IReadOnlyList<float>)[0.5f, -1]);
        writer.Add(RawTensor.Allocate("blk.0.attn_q.weight", DType.Q4_K, [2, 256]));
        writer.Add(RawTensor.FromFloats("n", [3], [1, 2, 3]));
        using var stream = new MemoryStream();
        writer.Write(stream);
        return stream.ToArray();
    }

    static byte[] SafetensorsSeed()
    {
        using var folder = new TemporaryFolder();
        SafetensorsWriter.Write(folder["s"], [RawTensor.FromFloats("a", [2, 2], [1, 2, 3, 4]), RawTensor.Allocate("b", DType.BF16, [3])], new Dictionary<string, string>(StringComparer.Ordinal) { ["format"] = "pt" });
        return File.ReadAllBytes(folder["s"]);
    }
}
