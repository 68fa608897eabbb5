using Sensorium.Tensors;
using Sensorium.Tensors.Formats;

namespace Sensorium.Weights.Tests;

public sealed class NameTableTests
{
    static readonly NameTable table = new(
        new("model.layers.{n}.self_attn.q_proj.weight", "blk.{n}.attn_q.weight", TensorTransform.Interleaved(2)),
        new("model.layers.{n}.mlp.experts.{e}.up_proj.weight", "blk.{n}.ffn_up_exps.weight"),
        new("model.layers.{n}.self_attn.k.weight", "blk.{n}.qkv.weight", TensorTransform.Part(1, 3)),
        new("model.layers.{n}.self_attn.q.weight", "blk.{n}.qkv.weight", TensorTransform.Part(0, 3)),
        new("model.layers.{n}.self_attn.v.weight", "blk.{n}.qkv.weight", TensorTransform.Part(2, 3)),
        new("model.layers.{n}.norm.weight", "blk.{n}.norm.weight", TensorTransform.PlusOne),
        new("h.{n}.c_attn.weight", "h.{n}.c_attn.weight", TensorTransform.Transposed),
        new("bert.{*}", "{*}"));

    [Theory]
    [InlineData("model.layers.12.self_attn.q_proj.weight", "blk.12.attn_q.weight", -1)]
    [InlineData("model.layers.3.mlp.experts.7.up_proj.weight", "blk.3.ffn_up_exps.weight", 7)]
    [InlineData("bert.encoder.layer.0.x", "encoder.layer.0.x", -1)]
    [InlineData("model.layers.x.norm.weight", "model.layers.x.norm.weight", -1)]
    [InlineData("model.layers.1.norm.weights", "model.layers.1.norm.weights", -1)]
    public void Names_are_found_by_their_rows(string hub, string other, int slice)
    {
        NamePlace place = table.PlacesOf(hub).First();
        place.Name.ShouldBe(other);
        place.Slice.ShouldBe(slice);
    }

    [Fact]
    public void Rotary_rows_are_put_back_as_llama_cpp_moved_them()
    {
        // Two heads of width 4: llama.cpp stores the halves (a0 a1 | b0 b1) as a0 b0 a1 b1.
        RawTensor gguf = RawTensor.FromFloats("blk.0.attn_q.weight", [8, 1], [0, 2, 1, 3, 4, 6, 5, 7]);
        RawTensor hub = TensorTransform.Interleaved(2).ToHub("q", gguf);
        BlockFormats.ToFloats(hub).ShouldBe([0f, 1, 2, 3, 4, 5, 6, 7]);
        BlockFormats.ToFloats(TensorTransform.Interleaved(2).FromHub("g", hub)).ShouldBe(BlockFormats.ToFloats(gguf));
        Should.Throw<CheckpointException>(() => TensorTransform.Interleaved(3).ToHub("q", gguf)).Message.ShouldContain("3 heads");
    }

    [Fact]
    public unsafe void Quantised_rows_move_without_being_unpacked()
    {
        RawTensor gguf = RawTensor.Allocate("q", DType.Q8_0, [4, 32]);
        for (int i = 0; i < gguf.ByteLength; i++)
            gguf.Data[i] = (byte)i;
        RawTensor hub = TensorTransform.Interleaved(1).ToHub("q", gguf);
        hub.Type.ShouldBe(DType.Q8_0);
        hub.Span(34, 34).ToArray().ShouldBe(gguf.Span(68, 34).ToArray());
    }

    [Fact]
    public void Every_transform_has_its_inverse_in_the_table()
    {
        RawTensor[] hub =
        [
            RawTensor.FromFloats("model.layers.0.self_attn.q_proj.weight", [8, 1], [0, 1, 2, 3, 4, 5, 6, 7]),
            RawTensor.FromFloats("model.layers.0.mlp.experts.1.up_proj.weight", [1, 2], [3, 4]),
            RawTensor.FromFloats("model.layers.0.mlp.experts.0.up_proj.weight", [1, 2], [1, 2]),
            RawTensor.FromFloats("model.layers.0.self_attn.q.weight", [1, 1], [1]),
            RawTensor.FromFloats("model.layers.0.self_attn.k.weight", [1, 1], [2]),
            RawTensor.FromFloats("model.layers.0.self_attn.v.weight", [1, 1], [3]),
            RawTensor.FromFloats("model.layers.0.norm.weight", [2], [0.5f, -1]),
            RawTensor.FromFloats("h.0.c_attn.weight", [2, 3], [1, 2, 3, 4, 5, 6]),
            RawTensor.FromFloats("stranger", [1], [9]),
        ];
        var unknown = new List<string>();
        RawTensor[] other = [.. table.FromHub(hub.Select(PlannedTensor.Of), unknown).Select(tensor => tensor.Fetch())];
        unknown.ShouldBe(["stranger"]);
        other.Select(tensor => tensor.Name).ShouldBe(["blk.0.attn_q.weight", "blk.0.ffn_up_exps.weight", "blk.0.qkv.weight", "blk.0.norm.weight", "h.0.c_attn.weight", "stranger"]);
        other[1].Shape.ToArray().ShouldBe([2L, 1, 2]);
        BlockFormats.ToFloats(other[2]).ShouldBe([1f, 2, 3]);
        BlockFormats.ToFloats(other[3]).ShouldBe([1.5f, 0]);
        BlockFormats.ToFloats(other[4]).ShouldBe([1f, 4, 2, 5, 3, 6]);

        Checkpoint at = Checkpoint.Open(new MemorySource(other), table);
        foreach (RawTensor tensor in hub)
            at.OptionalValues(tensor.Name).ShouldBe(BlockFormats.ToFloats(tensor), tensor.Name);
        at.Finish();
    }

    [Fact]
    public void Outer_dimensions_of_one_come_off_and_go_back_on()
    {
        TensorTransform boxed = TensorTransform.Boxed(2);
        boxed.HubShape([1, 1, 5]).ShouldBe([5L]);
        boxed.HubShape([1, 4, 5]).ShouldBe([4L, 5L]);
        RawTensor file = RawTensor.FromFloats("cls_token", [1, 1, 3], [1, 2, 3]);
        RawTensor hub = boxed.ToHub("class_embedding", file);
        hub.Shape.ToArray().ShouldBe([3L]);
        boxed.FromHub("cls_token", hub).Shape.ToArray().ShouldBe([1L, 1L, 3L]);
    }

    [Fact]
    public void Rows_that_a_file_leaves_out_are_zeros_again()
    {
        TensorTransform without = TensorTransform.Without(2);
        RawTensor other = without.FromHub("o", RawTensor.FromFloats("p", [4, 2], [9, 9, 9, 9, 1, 2, 3, 4]));
        other.Shape.ToArray().ShouldBe([2, 2]);
        BlockFormats.ToFloats(other).ShouldBe([1, 2, 3, 4]);
        BlockFormats.ToFloats(without.ToHub("p", other)).ShouldBe([0, 0, 0, 0, 1, 2, 3, 4]);
    }

    [Fact]
    public void A_table_within_a_place_keeps_it_on_both_sides()
    {
        NamePlace place = table.Within("language_model").PlacesOf("language_model.h.3.c_attn.weight").First();
        place.Name.ShouldBe("language_model.h.3.c_attn.weight");
        place.Transform.ShouldBe(TensorTransform.Transposed);
        table.Within("language_model").PlacesOf("bert.x").First().Name.ShouldBe("bert.x");
    }
}
