using Sensorium.Tensors;
using Sensorium.Tensors.Formats;

namespace Sensorium.Weights.Tests;

/// <summary>Files whose tensors are made while they are written.</summary>
public sealed class RewritingTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static RawTensor Random(string name, params long[] shape)
    {
        var random = new Random(7);
        return RawTensor.FromFloats(name, shape, [.. Enumerable.Range(0, (int)shape.Aggregate(1L, (a, b) => a * b)).Select(_ => (float)(random.NextDouble() - 0.5))]);
    }

    [Theory]
    [InlineData(DType.Q8_0)]
    [InlineData(DType.Q4_K)]
    [InlineData(DType.F16)]
    [InlineData(DType.BF16)]
    public unsafe void Rows_become_what_the_whole_tensor_would(DType type)
    {
        // More rows than are taken at a time.
        RawTensor tensor = Random("w", 2 * (1 << 22) / 512 + 3, 512);
        var writer = new GgufWriter();
        writer.Add(PlannedTensor.Of(tensor).As(type));
        writer.Write(folder["a.gguf"]);
        RawTensor whole = RawTensor.Allocate("w", type, tensor.Shape.ToArray());
        BlockFormats.Quantize(type, (float*)tensor.Data, whole.Data, tensor.Elements);
        using TensorSource source = TensorSource.Open(folder["a.gguf"]);
        RawTensor written = source["w"];
        written.Type.ShouldBe(type);
        written.Span(0, (int)written.ByteLength).SequenceEqual(whole.Span(0, (int)whole.ByteLength)).ShouldBeTrue();
    }

    [Theory]
    [InlineData(float.NaN, DType.Q8_0, "not finite")]
    [InlineData(float.PositiveInfinity, DType.Q4_K, "not finite")]
    [InlineData(70000f, DType.F16, "beyond the half-precision range")]
    public void Numbers_that_do_not_fit_are_named_and_nothing_is_left(float value, DType type, string message)
    {
        RawTensor tensor = RawTensor.FromFloats("w", [1, 256], [value, .. new float[255]]);
        var writer = new GgufWriter();
        writer.Add(PlannedTensor.Of(tensor).As(type));
        CheckpointException e = Should.Throw<CheckpointException>(() => writer.Write(folder["a.gguf"]));
        e.Item.ShouldBe("w");
        e.Message.ShouldContain(message);
        Directory.GetFiles(folder.Path).ShouldBeEmpty();
    }

    [Fact]
    public void An_interrupted_run_leaves_what_was_there()
    {
        folder.Write("a.gguf", [1, 2, 3]);
        using var stop = new CancellationTokenSource();
        var writer = new GgufWriter();
        writer.Add(new PlannedTensor("first", DType.F32, [2], DType.F32, "test", () => Random("first", 2)));
        writer.Add(new PlannedTensor("second", DType.F32, [2], DType.F32, "test", () =>
        {
            stop.Cancel();
            return Random("second", 2);
        }));
        Should.Throw<OperationCanceledException>(() => writer.Write(folder["a.gguf"], cancellation: stop.Token));
        File.ReadAllBytes(folder["a.gguf"]).ShouldBe([1, 2, 3]);
        Directory.GetFiles(folder.Path).Length.ShouldBe(1);
    }

    [Fact]
    public void A_check_sees_the_header_before_any_number_is_made()
    {
        var writer = new GgufWriter();
        writer.Add("general.architecture", "llama");
        writer.Add(new PlannedTensor("w", DType.F32, [4], DType.F32, "test", () => throw new InvalidOperationException("too early")));
        string? seen = null;
        Should.Throw<CheckpointException>(() => writer.Write(folder["a.gguf"], check: file =>
        {
            using GgufFile header = GgufFile.Open(file);
            seen = header.Metadata.Architecture + header.Tensors[0].Shape[0];
            throw new CheckpointException(file, "is not wanted");
        })).Message.ShouldContain("is not wanted");
        seen.ShouldBe("llama4");
        Directory.GetFiles(folder.Path).ShouldBeEmpty();
    }

    [Fact]
    public void Large_checkpoints_are_cut_into_shards_with_an_index()
    {
        PlannedTensor[] tensors = [.. ((string[])["a", "b", "c"]).Select(name => PlannedTensor.Of(Random(name, 100)))];
        SafetensorsWriter.WriteFolder(folder.Path, tensors, shardBytes: 800);
        Directory.GetFiles(folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal).ShouldBe(["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json"]);
        using TensorSource source = TensorSource.Open(folder.Path);
        foreach (PlannedTensor tensor in tensors)
            BlockFormats.ToFloats(source[tensor.Name]).ShouldBe(BlockFormats.ToFloats(tensor.Fetch()));
    }

    [Fact]
    public void A_folder_appears_whole_or_not_at_all()
    {
        string path = folder["m"];
        Should.Throw<InvalidOperationException>(() => AtomicFile.WriteFolder(path, at =>
        {
            File.WriteAllText(Path.Combine(at, "config.json"), "{}");
            throw new InvalidOperationException("power cut");
        }));
        Directory.GetFileSystemEntries(folder.Path).ShouldBeEmpty();
        AtomicFile.WriteFolder(path, at => File.WriteAllText(Path.Combine(at, "old"), ""));
        AtomicFile.WriteFolder(path, at => File.WriteAllText(Path.Combine(at, "new"), ""));
        Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName).ShouldBe(["m"]);
        Directory.GetFiles(path).Select(Path.GetFileName).ShouldBe(["new"]);
    }

    [Fact]
    public void A_disk_without_room_is_told_before_anything_is_written()
    {
        CheckpointException e = Should.Throw<CheckpointException>(() => AtomicFile.DemandRoom(folder["a"], long.MaxValue));
        e.Message.ShouldContain("free some");
    }

    [Fact]
    public void Experts_of_different_sizes_do_not_go_into_one_tensor()
    {
        var table = new NameTable(new NameRow("e.{n}.w", "stack.w"));
        Should.Throw<CheckpointException>(() => table.FromHub([PlannedTensor.Of(Random("e.0.w", 2, 4)), PlannedTensor.Of(Random("e.1.w", 3, 4))], new List<string>()).ToList()).Message.ShouldContain("different sizes");
    }

    [Theory]
    [InlineData("/a/b/model-Q4_0.gguf", "model-Q4_0")]
    [InlineData("models--org--tiny/snapshots/0123", "tiny")]
    [InlineData("some/tiny/model", "tiny")]
    [InlineData("some/tiny", "tiny")]
    public void A_checkpoint_is_called_by_what_says_something(string path, string name)
    {
        string full = folder[path.TrimStart('/')];
        Directory.CreateDirectory(path.EndsWith(".gguf", StringComparison.Ordinal) ? Path.GetDirectoryName(full)! : full);
        ModelLocator.NameOf(full).ShouldBe(name);
    }
}
