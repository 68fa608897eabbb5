using System.Collections.Concurrent;
using Sensorium.Tensors;
using Sensorium.Tensors.Formats;

namespace Sensorium.Weights.Tests;

public sealed class CheckpointTests
{
    sealed record Config(int HiddenSize, int IntermediateSize);

    static readonly Config config = new(2, 3);

    static RawTensor Up => RawTensor.FromFloats("model.layers.0.mlp.up_proj.weight", [3, 2], [1, 2, 3, 4, 5, 6]);

    static RawTensor Norm => RawTensor.FromFloats("model.norm.weight", [2], [1, 1]);

    [Fact]
    public void A_model_claims_its_tensors_by_place_and_name()
    {
        Checkpoint root = Checkpoint.Open(new MemorySource(Up, Norm));
        Weight up = Declare(root);
        root["model"]["norm"].Weight("weight", WeightRole.Vector, config.HiddenSize);
        root.Finish();
        up.Name.ShouldBe("model.layers.0.mlp.up_proj.weight");
        root.Weights.Count().ShouldBe(2);
        root["model"].Optional("missing", WeightRole.Vector, 2).ShouldBeNull();
        root["model"]["norm"].Has("weight").ShouldBeTrue();
        root["model"]["norm"].ShapeOf("weight").ShouldBe([2L]);
        Declare(root).ShouldBeSameAs(up);
        Should.Throw<InvalidOperationException>(() => root["model"]["norm"].Weight("weight", WeightRole.Matrix, 1, 2)).Message.ShouldContain("model.norm.weight");
    }

    [Fact]
    public void Both_sides_of_a_misfit_are_named()
    {
        Checkpoint root = Checkpoint.Open(new MemorySource(Up, RawTensor.FromFloats("model.extra", [1], [0])));
        Declare(root);
        root["model"]["norm"].Weight("weight", WeightRole.Vector, config.HiddenSize);
        string message = Should.Throw<CheckpointException>(root.Finish).Message;
        message.ShouldContain("memory.safetensors");
        message.ShouldContain("missing: 'model.norm.weight'");
        message.ShouldContain("not used by the model: model.extra");
    }

    [Fact]
    public void Another_shape_is_named_with_both_shapes_and_the_config_key()
    {
        Checkpoint root = Checkpoint.Open(new MemorySource(RawTensor.FromFloats("blk.0.ffn_up.weight", [3, 1], [1, 2, 3])),
            new NameTable(new NameRow("model.layers.{n}.mlp.up_proj.weight", "blk.{n}.ffn_up.weight")));
        Declare(root);
        string message = Should.Throw<CheckpointException>(root.Finish).Message;
        message.ShouldContain("'model.layers.0.mlp.up_proj.weight' (here 'blk.0.ffn_up.weight') is [3, 1], but the config says [3, 2]");
        message.ShouldContain("intermediate_size, hidden_size");
    }

    [Fact]
    public void Tensors_that_a_family_lists_may_stay_unused()
    {
        Checkpoint root = Checkpoint.Open(new MemorySource(Up, RawTensor.FromFloats("model.layers.0.rotary_emb.inv_freq", [1], [0])));
        Declare(root);
        root["model"].AllowUnused("layers.*.rotary_emb.inv_freq");
        root.Finish();
    }

    [Fact]
    public void Experts_left_over_in_a_stack_are_named()
    {
        NameTable names = new(new NameRow("experts.{e}.weight", "exps.weight"));
        Checkpoint root = Checkpoint.Open(new MemorySource(RawTensor.FromFloats("exps.weight", [3, 1, 2], [1, 2, 3, 4, 5, 6])), names);
        root["experts"][0].Weight("weight", WeightRole.Matrix, 1, 2);
        root["experts"][1].Weight("weight", WeightRole.Matrix, 1, 2);
        Should.Throw<CheckpointException>(root.Finish).Message.ShouldContain("stacks 3 tensors, the model uses 2");
        root["experts"][2].Weight("weight", WeightRole.Matrix, 1, 2);
        root.Finish();
        var device = new RecordingDevice();
        root.Load(device);
        device.Prepared["experts.1.weight"].ShouldBe([3f, 4]);
    }

    [Fact]
    public void Loading_fills_every_weight_of_every_part_and_reports()
    {
        Checkpoint root = Checkpoint.Open(new MemorySource(Up));
        Weight up = Declare(root);
        Checkpoint other = root.Beside(new MemorySource(Norm));
        Weight norm = other["model"]["norm"].Weight("weight", WeightRole.Vector, 2);
        root.Finish();
        var seen = new ConcurrentBag<LoadProgress>();
        root.Load(new RecordingDevice(), new Immediate(seen.Add));
        up.Prepared.ShouldNotBeNull();
        norm.Prepared.ShouldNotBeNull();
        seen.Count.ShouldBe(2);
        seen.Max(report => report.BytesDone).ShouldBe(32);
        seen.ShouldAllBe(report => report.BytesTotal == 32);
    }

    [Fact]
    public void Loading_stops_when_cancelled()
    {
        Checkpoint root = Checkpoint.Open(new MemorySource(Up));
        Weight up = Declare(root);
        Should.Throw<OperationCanceledException>(() => root.Load(new RecordingDevice(), cancellation: new CancellationToken(true)));
        up.Prepared.ShouldBeNull();
    }

    [Fact]
    public void Shapes_alone_say_what_there_would_be()
    {
        Checkpoint root = Checkpoint.Shapes((_, role, _) => role == WeightRole.Vector ? DType.F32 : DType.BF16);
        Weight up = Declare(root);
        root.Beside(null)["x"].Weight("bias", WeightRole.Vector, 2).SourceType.ShouldBe(DType.F32);
        up.SourceType.ShouldBe(DType.BF16);
        root.IsShapeOnly.ShouldBeTrue();
        root.Optional("y", WeightRole.Vector, 1).ShouldBeNull();
        root.Finish();
        root.Weights.Count().ShouldBe(2);
        Should.Throw<InvalidOperationException>(() => root.Load(new RecordingDevice())).Message.ShouldContain("shapes only");
    }

    [Fact]
    public void Synthetic_weights_are_the_same_every_time_and_of_even_size()
    {
        float[] first = Load(), second = Load();
        first.ShouldBe(second);
        first.Distinct().Count().ShouldBeGreaterThan(100);
        float variance = first.Select(x => x * x).Average();
        variance.ShouldBeInRange(0.8f / 256, 1.2f / 256);

        static float[] Load()
        {
            Checkpoint root = Checkpoint.Synthetic(DType.Q8_0);
            root.Weight("w", WeightRole.Matrix, 64, 256).SourceType.ShouldBe(DType.Q8_0);
            root["norm"].Weight("weight", WeightRole.Vector, 4);
            root["norm"].Weight("bias", WeightRole.Vector, 4);
            var device = new RecordingDevice();
            root.Load(device);
            device.Prepared["norm.weight"].ShouldBe([1f, 1, 1, 1]);
            device.Prepared["norm.bias"].ShouldBe([0f, 0, 0, 0]);
            return device.Prepared["w"];
        }
    }

    [Theory]
    [InlineData(DType.Q4_0, "lm_head.weight", WeightRole.Matrix, 512, DType.Q6_K)]
    [InlineData(DType.Q4_0, "model.embed_tokens.weight", WeightRole.TableAndMatrix, 512, DType.Q6_K)]
    [InlineData(DType.Q4_0, "model.embed_tokens.weight", WeightRole.TableAndMatrix, 576, DType.Q8_0)]
    [InlineData(DType.Q4_0, "model.embed_tokens.weight", WeightRole.Table, 512, DType.Q4_0)]
    [InlineData(DType.Q8_0, "lm_head.weight", WeightRole.Matrix, 512, DType.Q8_0)]
    [InlineData(DType.Q4_K, "w", WeightRole.Matrix, 576, DType.Q5_0)]
    [InlineData(DType.Q5_K, "w", WeightRole.Matrix, 576, DType.Q5_1)]
    [InlineData(DType.Q6_K, "w", WeightRole.Matrix, 576, DType.Q8_0)]
    [InlineData(DType.Q4_K, "w", WeightRole.Matrix, 33, DType.F16)]
    [InlineData(DType.BF16, "lm_head.weight", WeightRole.Matrix, 512, DType.BF16)]
    public void Types_per_tensor_are_those_of_llama_quantize(DType wanted, string name, WeightRole role, long row, DType expected) =>
        TensorTypes.Choose(wanted, name, role, [1024, row]).ShouldBe(expected);

    static Weight Declare(Checkpoint root) =>
        root["model"]["layers"][0]["mlp"]["up_proj"].Weight("weight", WeightRole.Matrix, config.IntermediateSize, config.HiddenSize);

    sealed class Immediate(Action<LoadProgress> report) : IProgress<LoadProgress>
    {
        public void Report(LoadProgress value) => report(value);
    }

    /// <summary>Keeps what it is given to prepare.</summary>
    sealed class RecordingDevice : Device
    {
        public ConcurrentDictionary<string, float[]> Prepared { get; } = new(StringComparer.Ordinal);

        public override string Description => "recorder";

        public override PreparedWeight Prepare(RawTensor raw, WeightRole role)
        {
            float[] values = BlockFormats.ToFloats(raw);
            Prepared[raw.Name] = values;
            return new Nothing();
        }

        public override Compute NewCompute(Numerics numerics) => throw new NotSupportedException();

        public override KvPool NewKvPool(KvLayout layout, DType type, int pages) => throw new NotSupportedException();
    }

    sealed class Nothing : PreparedWeight
    {
        public override long PrivateBytes => 0;

        public override long ReadBytes => 0;

        public override void Unpack(nint firstRow, nint count, Span<float> destination) => throw new NotSupportedException();
    }
}
