using Sensorium.Tensors;

namespace Sensorium.Weights.Tests;

/// <summary>Which tensor gets which type, against what llama-quantize prints for models of these shapes (llama-quant.cpp).</summary>
public sealed class QuantPlanTests
{
    static readonly string[] layer = ["attn_norm.weight 256", "attn_q.weight 256 256", "attn_k.weight 64 256", "attn_v.weight 64 256", "attn_output.weight 256 256", "ffn_norm.weight 256", "ffn_gate.weight 512 256", "ffn_up.weight 512 256", "ffn_down.weight 256 512"];

    static Dictionary<string, DType> Plan(string mixName, int layers, QuantFacts? facts = null, bool tied = false, bool pure = false, DType stored = DType.F32, params string[] more)
    {
        QuantMix mix = QuantMix.Find(mixName)!;
        mix = pure ? mix with { IsPure = true } : mix;
        string[] tensors =
        [
            "token_embd.weight 320 256", "output_norm.weight 256", .. tied ? [] : (string[])["output.weight 320 256"],
            .. Enumerable.Range(0, layers).SelectMany(n => layer.Select(line => $"blk.{n}.{line}")), .. more,
        ];
        PlannedTensor[] planned = [.. QuantPlan.InOrder(tensors.Select(line => Of(line, stored)))];
        var plan = new QuantPlan(mix, [.. planned.Select(tensor => tensor.Name)], facts ?? new QuantFacts(layers, 4, 0));
        return planned.ToDictionary(tensor => tensor.Name, plan.Choose, StringComparer.Ordinal);
    }

    static PlannedTensor Of(string line, DType stored)
    {
        string[] words = line.Split(' ');
        long[] shape = [.. words[1..].Select(long.Parse)];
        DType type = shape.Length == 1 ? DType.F32 : stored;
        return new PlannedTensor(words[0], type, shape, type, "test", () => throw new InvalidOperationException("is not read"));
    }

    [Theory]
    [InlineData("Q4_K_M", "0,1,4,7,10,13,14,15", "0,1,4,7,10,13,14,15", DType.Q4_K, DType.Q6_K)]
    [InlineData("Q5_K_M", "0,1,4,7,10,13,14,15", "0,1,4,7,10,13,14,15", DType.Q5_K, DType.Q6_K)]
    [InlineData("Q4_K_S", "0,1,2,3", "0,1", DType.Q4_K, DType.Q5_K)]
    [InlineData("IQ4_XS", "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15", "0,1", DType.IQ4_XS, DType.Q5_K)]
    [InlineData("Q5_K_S", "", "", DType.Q5_K, DType.Q6_K)]
    [InlineData("Q4_0", "", "", DType.Q4_0, DType.Q6_K)]
    [InlineData("Q6_K", "", "", DType.Q6_K, DType.Q8_0)]
    public void Mixes_give_some_layers_more_bits(string mix, string values, string downs, DType most, DType more)
    {
        Dictionary<string, DType> types = Plan(mix, 16);
        Layers(types, "attn_v.weight", more).ShouldBe(values);
        Layers(types, "ffn_down.weight", more).ShouldBe(downs);
        foreach (string name in (string[])["attn_q.weight", "attn_k.weight", "attn_output.weight", "ffn_up.weight", "ffn_gate.weight"])
            types[$"blk.3.{name}"].ShouldBe(most);
        types["token_embd.weight"].ShouldBe(most);
        types["output.weight"].ShouldBe(DType.Q6_K);
        types["blk.3.attn_norm.weight"].ShouldBe(DType.F32);
    }

    [Fact]
    public void Three_bits_and_two_protect_values_outputs_and_downs()
    {
        Dictionary<string, DType> medium = Plan("Q3_K_M", 32);
        Layers(medium, "attn_v.weight", DType.Q5_K).ShouldBe("0,1");
        Layers(medium, "ffn_down.weight", DType.Q5_K).ShouldBe("0,1");
        medium["blk.5.attn_v.weight"].ShouldBe(DType.Q4_K);
        medium["blk.5.ffn_down.weight"].ShouldBe(DType.Q4_K);
        medium["blk.5.attn_output.weight"].ShouldBe(DType.Q4_K);
        medium["blk.5.attn_q.weight"].ShouldBe(DType.Q3_K);
        Dictionary<string, DType> two = Plan("Q2_K", 2, new QuantFacts(2, 2, 0));
        two["blk.0.attn_v.weight"].ShouldBe(DType.Q3_K);
        two["blk.0.attn_output.weight"].ShouldBe(DType.Q3_K);
        two["blk.0.attn_k.weight"].ShouldBe(DType.Q2_K);
        Plan("Q2_K", 2)["blk.0.attn_v.weight"].ShouldBe(DType.Q4_K);
    }

    [Fact]
    public void An_embedding_that_is_the_output_too_counts_as_output()
    {
        Plan("Q4_0", 1, tied: true)["token_embd.weight"].ShouldBe(DType.Q6_K);
        Plan("Q8_0", 1, tied: true)["token_embd.weight"].ShouldBe(DType.Q8_0);
        Plan("Q4_0", 1, tied: true, pure: true)["token_embd.weight"].ShouldBe(DType.Q4_0);
        Plan("TQ2_0", 1)["token_embd.weight"].ShouldBe(DType.Q4_K);
    }

    [Fact]
    public void Names_of_plain_types_mean_every_matrix()
    {
        foreach (string name in (string[])["Q3_K", "Q4_K", "Q5_K"])
            Plan(name, 8).Where(tensor => tensor.Value != DType.F32).Select(tensor => tensor.Value.ToString()).Distinct(StringComparer.Ordinal).ShouldBe([name]);
    }

    [Theory]
    [InlineData("Q4_K", 96, DType.Q5_0)]
    [InlineData("Q5_K", 96, DType.Q5_1)]
    [InlineData("Q6_K", 96, DType.Q8_0)]
    [InlineData("Q3_K_S", 96, DType.Q4_0)]
    [InlineData("Q2_K", 96, DType.Q4_0)]
    [InlineData("IQ4_XS", 96, DType.IQ4_NL)]
    [InlineData("Q8_0", 40, DType.F16)]
    [InlineData("Q4_K", 40, DType.F16)]
    public void Rows_that_blocks_do_not_divide_get_another_type(string mix, int row, DType expected) =>
        Plan(mix, 1, more: $"blk.0.x.weight 8 {row}")["blk.0.x.weight"].ShouldBe(expected);

    [Fact]
    public void What_is_small_and_matters_is_never_in_blocks()
    {
        string[] kept = ["blk.0.ffn_gate_inp.weight 8 256", "position_embd.weight 64 256", "token_types.weight 2 256", "blk.0.attn_rel_b.weight 32 256", "blk.0.x_norm.weight 2 256", "blk.0.attn_q.bias 256", "blk.0.scale 2 256"];
        Dictionary<string, DType> types = Plan("Q4_0", 1, more: kept);
        foreach (string line in kept)
            types[line.Split(' ')[0]].ShouldBe(DType.F32, line);
        Plan("BF16", 1, more: kept).Where(tensor => tensor.Value == DType.BF16).Select(tensor => tensor.Key).ShouldBe(
            ["output.weight", "token_embd.weight", "blk.0.attn_k.weight", "blk.0.attn_output.weight", "blk.0.attn_q.weight", "blk.0.attn_rel_b.weight", "blk.0.attn_v.weight", "blk.0.ffn_down.weight", "blk.0.ffn_gate.weight", "blk.0.ffn_up.weight"]);
    }

    [Fact]
    public void Eight_experts_share_an_attention_of_many_bits()
    {
        Dictionary<string, DType> types = Plan("Q4_K_M", 4, new QuantFacts(4, 4, 8));
        types["blk.1.attn_v.weight"].ShouldBe(DType.Q8_0);
        types["blk.1.attn_k.weight"].ShouldBe(DType.Q8_0);
        types["blk.1.attn_output.weight"].ShouldBe(DType.Q5_K);
    }

    [Fact]
    public void Layers_are_counted_by_number_not_by_spelling()
    {
        string[] names = [.. QuantPlan.InOrder(((string[])["blk.10.a.weight", "output.weight", "blk.2.b.weight", "enc.blk.0.a.weight", "blk.2.a.weight"]).Select(name => Of(name + " 1 256", DType.F32))).Select(tensor => tensor.Name)];
        names.ShouldBe(["enc.blk.0.a.weight", "output.weight", "blk.2.a.weight", "blk.2.b.weight", "blk.10.a.weight"]);
    }

    static string Layers(Dictionary<string, DType> types, string name, DType type) =>
        string.Join(',', types.Where(tensor => tensor.Key.EndsWith(name, StringComparison.Ordinal) && tensor.Value == type).Select(tensor => TensorKinds.LayerOf(tensor.Key)).Order());
}
