using System.Text;
using Sensorium.Tensors;
using Sensorium.Tensors.Formats;

namespace Sensorium.Weights.Tests;

public sealed class GgufTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void What_is_written_is_read()
    {
        using TensorSource source = TensorSource.Open(WriteSample());
        GgufMetadata metadata = source.Gguf!;
        metadata.Architecture.ShouldBe("llama");
        metadata.Integer("llama.block_count").ShouldBe(2);
        metadata.Number("eps").ShouldBe(1e-5f);
        metadata.Flag("flag").ShouldBe(true);
        metadata.Integer("negative").ShouldBe(-7);
        metadata["tokens"].AsStrings().ShouldBe(["a", "ü", ""]);
        metadata["scores"].AsFloats().ShouldBe([0.5f, -1]);
        metadata["types"].AsIntegers().ShouldBe([1, 2, 3]);
        metadata["big"].ToString().ShouldBe("18446744073709551615");
        Should.Throw<CheckpointException>(() => metadata["big"].AsInteger()).Message.ShouldContain("'big'");
        Should.Throw<CheckpointException>(() => metadata["tokens"].AsNumbers()).Message.ShouldContain("array of 3 String");
        Should.Throw<CheckpointException>(() => metadata["general.architecture"].AsNumber());
        Should.Throw<CheckpointException>(() => metadata["llama.block_cound"]).Message.ShouldContain("llama.block_count");
        source["w"].Shape.ToArray().ShouldBe([2L, 32]);
        source["w"].Type.ShouldBe(DType.Q8_0);
        BlockFormats.ToFloats(source["n"]).ShouldBe([1f, 2, 3]);
    }

    [Fact]
    public void Metadata_is_carried_over_as_it_is()
    {
        using var first = GgufFile.Open(WriteSample());
        var writer = new GgufWriter();
        foreach (string key in first.Metadata.Keys)
            writer.Add(first.Metadata[key]);
        foreach (RawTensor tensor in first.Tensors)
            writer.Add(tensor);
        writer.Write(folder["second.gguf"]);
        File.ReadAllBytes(folder["second.gguf"]).ShouldBe(File.ReadAllBytes(first.Path));
    }

    [Fact]
    public void Metadata_becomes_config_json()
    {
        using TensorSource source = TensorSource.Open(WriteSample());
        GgufConfig.Translate(source.Gguf!, ("num_hidden_layers", "{arch}.block_count"), ("rms_norm_eps", "eps"), ("rope_scaling.types", "types"), ("absent", "{arch}.nothing"))
            .ToJsonString().ShouldBe("""{"num_hidden_layers":2,"rms_norm_eps":1E-05,"rope_scaling":{"types":[1,2,3]}}""");
    }

    [Fact]
    public void Nested_arrays_are_read()
    {
        byte[] inner = [.. U32(5), .. U64(2), .. U32(7), .. U32(8)];
        using var file = GgufFile.Open(folder.Write("n.gguf", Head(3, 0, 1, [.. Text("k"), .. U32(9), .. U32(9), .. U64(2), .. inner, .. inner])));
        GgufValue[] parts = file.Metadata["k"].AsArrays();
        parts.Length.ShouldBe(2);
        parts[1].AsIntegers().ShouldBe([7, 8]);
    }

    public static TheoryData<string, byte[]> Lies => new()
    {
        { "does not begin", [.. "GGML"u8, .. U32(3), .. U64(0), .. U64(0)] },
        { "version 1", Head(1, 0, 0, []) },
        { "version 4", Head(4, 0, 0, []) },
        { "version 0", Head(0, 0, 0, []) },
        { "big-endian", Head(0x03000000, 0, 0, []) },
        { "tensor count", Head(3, 1ul << 63, 0, []) },
        { "metadata values", Head(3, 0, 1ul << 63, []) },
        { "metadata values", Head(3, 0, ulong.MaxValue, new byte[64]) },
        { "bytes of text", Head(3, 0, 1, [.. U64(1ul << 63), .. new byte[16]]) },
        { "bytes of text", Head(3, 0, 1, [.. Text("k"), .. U32(8), .. U64(100)]) },
        { "elements", Head(3, 0, 1, [.. Text("k"), .. U32(9), .. U32(0), .. U64(1ul << 63)]) },
        { "elements", Head(3, 0, 1, [.. Text("k"), .. U32(9), .. U32(8), .. U64(1ul << 60)]) },
        { "nested deeper", Head(3, 0, 1, [.. Text("k"), .. U32(9), .. Enumerable.Repeat<byte[]>([.. U32(9), .. U64(1)], 50).SelectMany(b => b)]) },
        { "unknown value type 13", Head(3, 0, 1, [.. Text("k"), .. U32(13), .. U64(0)]) },
        { "twice", Head(3, 0, 2, [.. Text("k"), .. U32(4), .. U32(0), .. Text("k"), .. U32(4), .. U32(0)]) },
        { "not UTF-8", Head(3, 0, 1, [.. U64(2), 0xff, 0xfe, .. U32(4), .. U32(0)]) },
        { "power of two", Head(3, 0, 1, [.. Text("general.alignment"), .. U32(4), .. U32(33)]) },
        { "power of two", Head(3, 0, 1, [.. Text("general.alignment"), .. U32(4), .. U32(0)]) },
        { "general.alignment", Head(3, 0, 1, [.. Text("general.alignment"), .. U32(8), .. Text("x")]) },
        { "5 dimensions", Head(3, 1, 0, [.. Text("w"), .. U32(5), .. new byte[64]]) },
        { "dimension of", Head(3, 1, 0, [.. Text("w"), .. U32(1), .. U64(1ul << 63), .. U32(0), .. U64(0)]) },
        { "2^63", Head(3, 1, 0, [.. Text("w"), .. U32(2), .. U64(1ul << 40), .. U64(1ul << 40), .. U32(0), .. U64(0)]) },
        { "2^63", Head(3, 1, 0, [.. Text("w"), .. U32(1), .. U64(1ul << 62), .. U32(0), .. U64(0)]) },
        { "rows of 33", Head(3, 1, 0, [.. Text("w"), .. U32(1), .. U64(33), .. U32(8), .. U64(0)]) },
        { "tensor type 99", Head(3, 1, 0, [.. Text("w"), .. U32(1), .. U64(32), .. U32(99), .. U64(0)]) },
        { "tensor type 4 (Q4_2", Head(3, 1, 0, [.. Text("w"), .. U32(1), .. U64(32), .. U32(4), .. U64(0)]) },
        { "alignment 32", Head(3, 1, 0, [.. Text("w"), .. U32(1), .. U64(1), .. U32(0), .. U64(4), .. new byte[64]]) },
        { "cut short", Head(3, 1, 0, [.. Text("w"), .. U32(1), .. U64(32), .. U32(0), .. U64(0)]) },
        { "cut short", Head(3, 1, 0, [.. Text("w"), .. U32(1), .. U64(1), .. U32(0), .. U64(0x7fffffffffffffe0)]) },
        { "described twice", Head(3, 2, 0, [.. Tensor("w", 0), .. Tensor("w", 32), .. new byte[128]]) },
        { "inside 'v'", Head(3, 2, 0, [.. Tensor("v", 0), .. Tensor("w", 0), .. new byte[128]]) },
        { "in the middle", Head(3, 0, 0, [])[..20] },
    };

    [Theory]
    [MemberData(nameof(Lies))]
    public void Lying_files_are_named(string message, byte[] bytes)
    {
        string path = folder.Write("lie.gguf", bytes);
        CheckpointException e = Should.Throw<CheckpointException>(() => GgufFile.Open(path));
        e.Message.ShouldContain(message);
        e.File.ShouldBe(path);
    }

    [Fact]
    public void Every_truncation_is_an_error()
    {
        byte[] whole = File.ReadAllBytes(WriteSample());
        // What pads the last tensor may be missing, as llama.cpp also allows; nothing else may.
        for (int length = 0; length < whole.Length - 32; length++)
        {
            string path = folder.Write("t.gguf", whole[..length]);
            Should.Throw<CheckpointException>(() => GgufFile.Open(path));
        }
    }

    [Fact]
    public void Parts_of_a_split_model_are_one()
    {
        WritePart(1, "a");
        WritePart(2, "b");
        using (TensorSource source = TensorSource.Open(folder["m-00002-of-00002.gguf"]))
        {
            source.Names.ShouldBe(["a", "b"]);
            source.Path.ShouldEndWith("m-00001-of-00002.gguf");
        }

        using (TensorSource source = TensorSource.Open(folder.Path))
            source.Names.Count.ShouldBe(2);
        File.Delete(folder["m-00001-of-00002.gguf"]);
        Should.Throw<CheckpointException>(() => TensorSource.Open(folder["m-00002-of-00002.gguf"])).Message.ShouldContain("m-00001-of-00002.gguf");
    }

    [Fact]
    public void A_large_vocabulary_costs_nothing_until_asked_for()
    {
        var writer = new GgufWriter();
        writer.Add("tokenizer.ggml.tokens", [.. Enumerable.Range(0, 128_000).Select(i => $"token{i}")]);
        writer.Write(folder["v.gguf"]);
        using var warm = GgufFile.Open(folder["v.gguf"]);
        long before = GC.GetAllocatedBytesForCurrentThread();
        using var file = GgufFile.Open(folder["v.gguf"]);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(64_000);
        file.Metadata["tokenizer.ggml.tokens"].AsStrings()[127_999].ShouldBe("token127999");
    }

    string WriteSample()
    {
        var writer = new GgufWriter();
        writer.Add("general.architecture", "llama");
        writer.Add("llama.block_count", 2u);
        writer.Add("eps", 1e-5f);
        writer.Add("flag", true);
        writer.Add("negative", -7);
        writer.Add("tokens", (IReadOnlyList<string>)["a", "ü", ""]);
        writer.Add("scores", (IReadOnlyList<float>)[0.5f, -1]);
        writer.Add("types", (IReadOnlyList<int>)[1, 2, 3]);
        writer.Add("big", ulong.MaxValue);
        writer.Add(RawTensor.Allocate("w", DType.Q8_0, [2, 32]));
        writer.Add(RawTensor.FromFloats("n", [3], [1, 2, 3]));
        writer.Write(folder["sample.gguf"]);
        return folder["sample.gguf"];
    }

    void WritePart(int number, string tensor)
    {
        var writer = new GgufWriter();
        writer.Add("split.no", (uint)(number - 1));
        writer.Add("split.count", 2u);
        writer.Add(RawTensor.FromFloats(tensor, [1], [number]));
        writer.Write(folder[$"m-0000{number}-of-00002.gguf"]);
    }

    static byte[] Head(uint version, ulong tensors, ulong values, byte[] rest) => [.. "GGUF"u8, .. U32(version), .. U64(tensors), .. U64(values), .. rest];

    static byte[] Tensor(string name, ulong offset) => [.. Text(name), .. U32(1), .. U64(1), .. U32(0), .. U64(offset)];

    static byte[] Text(string text) => [.. U64((ulong)text.Length), .. Encoding.UTF8.GetBytes(text)];

    static byte[] U32(uint value) => BitConverter.GetBytes(value);

    static byte[] U64(ulong value) => BitConverter.GetBytes(value);
}
