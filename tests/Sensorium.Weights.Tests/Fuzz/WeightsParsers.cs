using System.Text;
using Sensorium.Fuzzing;
using Sensorium.Tensors;

namespace Sensorium.Weights.Tests.Fuzz;

/// <summary>The readers of checkpoints as <c>./fuzz</c> knows them.</summary>
public static class WeightsParsers
{
    static readonly byte[][] Json = [.. "0123456789[]{}\",:-"u8.ToArray().Select(b => (byte[])[b]), "9223372036854775808"u8.ToArray(), "1e999"u8.ToArray(), "[[[[[[[["u8.ToArray()];

    public static FuzzParser Gguf { get; } = new("gguf", GgufFuzz.One, () => [GgufSeed(), .. FuzzFiles.In("tests/Sensorium.Conformance/bundles/gguf-quant-types", "*.gguf")]);

    public static FuzzParser Safetensors { get; } = new("safetensors", SafetensorsFuzz.One, () => [SafetensorsSeed()]) { Pieces = Json };

    public static FuzzParser Index { get; } = new("safetensors-index", SafetensorsIndexFuzz.One, () =>
        [Encoding.UTF8.GetBytes("""{"metadata":{"total_size":8},"weight_map":{"a.b":"model-00001-of-00002.safetensors","c":"model-00002-of-00002.safetensors"}}""")]) { Pieces = [.. Json, "../"u8.ToArray()] };

    public static IReadOnlyList<FuzzParser> All { get; } = [Gguf, Safetensors, Index];

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
