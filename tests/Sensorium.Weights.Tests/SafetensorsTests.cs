using System.Buffers.Binary;
using System.Text;
using Sensorium.Tensors;
using Sensorium.Tensors.Formats;

namespace Sensorium.Weights.Tests;

public sealed class SafetensorsTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void What_is_written_is_read()
    {
        RawTensor half = RawTensor.Allocate("b.half", DType.F16, [3]);
        RawTensor[] tensors = [RawTensor.FromFloats("a", [2, 2], [1, 2, 3, 4]), half, RawTensor.FromFloats("scalar", [], [7]), RawTensor.FromFloats("none", [0, 5], [])];
        SafetensorsWriter.Write(folder["model.safetensors"], tensors, new Dictionary<string, string>(StringComparer.Ordinal) { ["format"] = "pt" });
        using TensorSource source = TensorSource.Open(folder.Path);
        source.Names.ShouldBe(["a", "b.half", "scalar", "none"], ignoreOrder: true);
        BlockFormats.ToFloats(source["a"]).ShouldBe([1f, 2, 3, 4]);
        source["scalar"].Shape.Length.ShouldBe(0);
        source["none"].Elements.ShouldBe(0);
        source["b.half"].Type.ShouldBe(DType.F16);
        source.Notes["format"].ShouldBe("pt");
        source["a"].Release();
        BlockFormats.ToFloats(source["a"]).ShouldBe([1f, 2, 3, 4]);
        Should.Throw<CheckpointException>(() => source["b.hall"]).Message.ShouldContain("b.half");
    }

    [Fact]
    public void Block_types_are_refused_when_writing()
    {
        RawTensor tensor = RawTensor.Allocate("w", DType.Q8_0, [32]);
        Should.Throw<CheckpointException>(() => SafetensorsWriter.Write(folder["x.safetensors"], [tensor])).Message.ShouldContain("Q8_0");
        File.Exists(folder["x.safetensors"]).ShouldBeFalse();
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 8, "takes 8 bytes")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 4, "cut short")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 8, "after the last tensor")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}""", 6, "inside the tensor before")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}""", 12, "gap")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "twice")]
    [InlineData("""{"a":{"dtype":"F99","shape":[1],"data_offsets":[0,4]}}""", 4, "F99")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", 4, "no whole number")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}""", 4, "no whole number")]
    [InlineData("""{"a":{"dtype":"F32","shape":[9223372036854775808],"data_offsets":[0,4]}}""", 4, "no whole number")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}""", 0, "2^63")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4611686018427387904,4,0],"data_offsets":[0,0]}}""", 0, "2^63")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", 4, "backwards")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}""", 4, "more than 2")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1]}}""", 4, "lacks")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}}""", 4, "unknown key 'x'")]
    [InlineData("""{"a":{"dtype":"F32","shape":[[1]],"data_offsets":[0,4]}}""", 4, "no whole number")]
    [InlineData("""{"a":[[[[[[[[1]]]]]]]]}""", 4, "'a'")]
    [InlineData("""{"a":""", 4, "header")]
    [InlineData("""[]""", 4, "StartObject")]
    [InlineData("""{} {}""", 0, "header")]
    [InlineData("""{"__metadata__":{"k":1}}""", 0, "'k'")]
    public void Lying_headers_are_named(string header, int dataBytes, string message)
    {
        string path = folder.Write("lie.safetensors", Build(header, dataBytes));
        CheckpointException e = Should.Throw<CheckpointException>(() => SafetensorsFile.Open(path));
        e.Message.ShouldContain(message);
        e.File.ShouldBe(path);
    }

    [Theory]
    [InlineData(0ul)]
    [InlineData(1000ul)]
    [InlineData(99_999_999ul)]
    [InlineData(1ul << 63)]
    [InlineData(ulong.MaxValue)]
    public void Lying_header_lengths_are_named(ulong length)
    {
        byte[] file = Build("{}", 0);
        BinaryPrimitives.WriteUInt64LittleEndian(file, length);
        Should.Throw<CheckpointException>(() => SafetensorsFile.Open(folder.Write("l.safetensors", file))).Message.ShouldContain("header");
    }

    [Fact]
    public void Every_truncation_is_an_error()
    {
        SafetensorsWriter.Write(folder["m.safetensors"], [RawTensor.FromFloats("a", [2], [1, 2]), RawTensor.FromFloats("b", [1], [3])]);
        byte[] whole = File.ReadAllBytes(folder["m.safetensors"]);
        for (int length = 0; length < whole.Length; length++)
        {
            string path = folder.Write("t.safetensors", whole[..length]);
            Should.Throw<CheckpointException>(() => SafetensorsFile.Open(path));
        }
    }

    [Fact]
    public void Missing_files_and_folders_without_a_model_are_named()
    {
        Should.Throw<CheckpointException>(() => TensorSource.Open(folder["nothing.gguf"])).Message.ShouldContain("not there");
        Should.Throw<CheckpointException>(() => TensorSource.Open(folder.Path)).Message.ShouldContain("no model.safetensors");
        Should.Throw<CheckpointException>(() => TensorSource.Open(folder.Write("pytorch_model.bin", [1, 2, 3, 4, 5]))).Message.ShouldContain("neither");
        Should.Throw<CheckpointException>(() => SafetensorsFile.Open(folder.Path)).Message.ShouldContain("folder");
    }

    [Fact]
    public void Shards_are_one_checkpoint()
    {
        WriteShards();
        using TensorSource source = TensorSource.Open(folder.Path);
        source.Names.ShouldBe(["a", "b"]);
        BlockFormats.ToFloats(source["b"]).ShouldBe([2f]);
        source.Files.Count.ShouldBe(3);
    }

    [Fact]
    public void A_missing_shard_is_named()
    {
        WriteShards();
        File.Delete(folder["model-00002-of-00002.safetensors"]);
        CheckpointException e = Should.Throw<CheckpointException>(() => TensorSource.Open(folder.Path));
        e.Message.ShouldContain("model-00002-of-00002.safetensors");
        e.Item.ShouldBe("model-00002-of-00002.safetensors");
    }

    [Theory]
    [InlineData("""{"weight_map":{"a":"../../etc/passwd"}}""", "no plain file name")]
    [InlineData("""{"weight_map":{"a":"C:\\x"}}""", "no plain file name")]
    [InlineData("""{"weight_map":{"a":1}}""", "'a'")]
    [InlineData("""{"weight_map":[]}""", "weight_map")]
    [InlineData("""{"weight_map":{}}""", "weight_map")]
    [InlineData("""{"metadata":{}}""", "weight_map")]
    [InlineData("""{"weight_map":{"a":"x","a":"y"}}""", "twice")]
    [InlineData("""{"weight_map":{"a":"x"}""", "index")]
    [InlineData("""[1]""", "no JSON object")]
    [InlineData("""{"metadata":[[[[[[[[[[[[1]]]]]]]]]]]]}""", "index")]
    public void Broken_indexes_are_named(string json, string message)
    {
        string path = folder.Write("model.safetensors.index.json", Encoding.UTF8.GetBytes(json));
        Should.Throw<CheckpointException>(() => TensorSource.Open(path)).Message.ShouldContain(message);
    }

    [Fact]
    public void An_index_of_another_download_is_named()
    {
        WriteShards();
        string path = folder.Write("model.safetensors.index.json", Encoding.UTF8.GetBytes("""{"weight_map":{"c":"model-00001-of-00002.safetensors"}}"""));
        Should.Throw<CheckpointException>(() => TensorSource.Open(path)).Message.ShouldContain("'c'");
    }

    void WriteShards()
    {
        SafetensorsWriter.Write(folder["model-00001-of-00002.safetensors"], [RawTensor.FromFloats("a", [1], [1])]);
        SafetensorsWriter.Write(folder["model-00002-of-00002.safetensors"], [RawTensor.FromFloats("b", [1], [2])]);
        folder.Write("model.safetensors.index.json", Encoding.UTF8.GetBytes(
            """{"metadata":{"total_size":8},"weight_map":{"a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors"}}"""));
    }

    static byte[] Build(string header, int dataBytes)
    {
        byte[] json = Encoding.UTF8.GetBytes(header);
        var file = new byte[8 + json.Length + dataBytes];
        BinaryPrimitives.WriteInt64LittleEndian(file, json.Length);
        json.CopyTo(file, 8);
        return file;
    }
}
