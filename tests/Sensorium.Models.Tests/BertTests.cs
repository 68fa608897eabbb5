using System.Text.Json.Nodes;
using Sensorium.Models.Backbones;
using Sensorium.Models.Loading;
using Sensorium.Tensors;
using Sensorium.Tensors.Cpu;
using Sensorium.Weights;

namespace Sensorium.Models.Tests;

/// <summary>The spellings in which checkpoints of BERT's kind come, and the positions of their tokens.</summary>
public sealed class BertTests : IDisposable
{
    readonly TestCheckpoints checkpoints = new();
    readonly CpuDevice device = new(1);

    public void Dispose()
    {
        checkpoints.Dispose();
        device.Dispose();
    }

    static string Folder(string bundle) => Path.Combine(TestCheckpoints.Bundle(bundle), "model");

    [Theory]
    [InlineData("bert-embed", "bert.", false)]
    [InlineData("bert-embed", "", true)]
    [InlineData("bert-embed", "bert.", true)]
    [InlineData("roberta-embed", "roberta.", false)]
    public void PrefixesAndOldNamesAreTheSameModel(string bundle, string prefix, bool oldNorms)
    {
        string other = Renamed(bundle, name => prefix + (oldNorms ? name.Replace("LayerNorm.weight", "LayerNorm.gamma", StringComparison.Ordinal).Replace("LayerNorm.bias", "LayerNorm.beta", StringComparison.Ordinal) : name));
        Rows(other).ShouldBe(Rows(Folder(bundle)));
    }

    [Fact]
    public void NumberedPositionsOfOldCheckpointsAreNotNeeded() =>
        Rows(Renamed("bert-embed", name => name, RawTensor.FromFloats("embeddings.position_ids", [1, 4], [0, 1, 2, 3]))).ShouldBe(Rows(Folder("bert-embed")));

    [Fact]
    public void ATensorThatNobodyUsesIsNamed() =>
        Should.Throw<CheckpointException>(() => ModelLoader.Load(Renamed("bert-embed", name => name, RawTensor.FromFloats("classifier.weight", [1], [0])), device)).Message.ShouldContain("classifier.weight");

    [Fact]
    public void RobertasMaskedTokenHeadIsTied()
    {
        int hidden = 48, vocabulary = 360;
        var random = new Random(5);
        string folder = Renamed(
            "roberta-embed", name => "roberta." + name,
            RawTensor.FromFloats("lm_head.dense.weight", [hidden, hidden], Numbers(hidden * hidden)), RawTensor.FromFloats("lm_head.dense.bias", [hidden], Numbers(hidden)),
            RawTensor.FromFloats("lm_head.layer_norm.weight", [hidden], Numbers(hidden)), RawTensor.FromFloats("lm_head.layer_norm.bias", [hidden], Numbers(hidden)),
            RawTensor.FromFloats("lm_head.bias", [vocabulary], Numbers(vocabulary)));
        var bert = (Bert)ModelLoader.Load(folder, device).Model;
        using Compute c = device.NewCompute(Numerics.Exact);
        bert.MaskedTokens!.Forward(c, bert.Forward(c, [0, 7, 2], [], bert.Plan([[0, 7, 2]]))).Columns.ShouldBe(vocabulary);

        float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
    }

    [Fact]
    public void RobertasPositionsBeginAfterThePaddingAndLeaveItOut()
    {
        var roberta = (Bert)ModelLoader.Load(Folder("roberta-embed"), device).Model;
        roberta.Positions([0, 5, 1, 6, 2]).ShouldBe([2, 3, 1, 4, 5]);
        roberta.Plan([[0, 5, 2], [0, 2]]).Positions().ToArray().ShouldBe([2, 3, 4, 2, 3]);
        roberta.ContextLength.ShouldBe(32);
        var bert = (Bert)ModelLoader.Load(Folder("bert-embed"), device).Model;
        bert.Positions([2, 0, 3]).ShouldBe([0, 1, 2]);
        bert.ContextLength.ShouldBe(40);
    }

    /// <summary>llama.cpp's converter drops the positions that no token has, and knows GELU by its tanh formula alone.</summary>
    [Fact]
    public void ARobertaOfAGgufFileIsTheSameModel()
    {
        string hub = checkpoints.Copy(Folder("roberta-embed"), json => json["hidden_act"] = "gelu_new");
        string file = Path.Combine(hub, "roberta.gguf");
        using (TensorSource source = TensorSource.Open(Path.Combine(hub, "model.safetensors")))
        {
            var writer = new GgufWriter();
            writer.Add("general.architecture", "bert");
            foreach ((string key, uint value) in new[] { ("block_count", 2u), ("context_length", 32u), ("embedding_length", 48u), ("feed_forward_length", 96u), ("attention.head_count", 4u), ("vocab_size", 360u), ("pooling_type", 2u) })
            {
                writer.Add("bert." + key, value);
            }

            writer.Add("bert.attention.layer_norm_epsilon", 1e-5f);
            writer.Add("bert.attention.causal", false);
            NameTable names = Catalog.Families.First(f => f.Type == "bert").Gguf!.Names(ModelFiles.ReadConfig(Path.Combine(hub, "config.json")));
            foreach (PlannedTensor planned in names.FromHub(source.Tensors.Where(t => !t.Name.StartsWith("pooler", StringComparison.Ordinal)).Select(PlannedTensor.Of), []))
            {
                RawTensor tensor = planned.Fetch();
                writer.Add(tensor.Name == "position_embd.weight" ? tensor.Slice(tensor.Name, 2, 32) : tensor);
            }

            writer.Write(file);
        }

        Rows(file).ShouldBe(Rows(hub));
    }

    [Theory]
    [InlineData("bert", "num_attention_heads", "5")]
    [InlineData("bert", "hidden_act", "\"swoosh\"")]
    [InlineData("bert", "position_embedding_type", "\"relative_key\"")]
    [InlineData("bert", "is_decoder", "true")]
    [InlineData("bert", "type_vocab_size", "-1")]
    [InlineData("roberta-embed", "pad_token_id", "-1")]
    [InlineData("roberta-embed", "pad_token_id", "40", "max_position_embeddings")]
    public void AKeyThatContradictsIsNamed(string bundle, string key, string value, string? named = null)
    {
        string folder = checkpoints.Copy(Folder(bundle), json => json[key] = JsonNode.Parse(value));
        Should.Throw<CheckpointException>(() => ModelLoader.Load(folder, device)).Item.ShouldBe(named ?? key);
    }

    string Renamed(string bundle, Func<string, string> rename, params RawTensor[] more)
    {
        string copy = checkpoints.Copy(Folder(bundle), _ => { });
        string file = Path.Combine(copy, "model.safetensors");
        using (TensorSource source = TensorSource.Open(Path.Combine(Folder(bundle), "model.safetensors")))
        {
            SafetensorsWriter.Write(file, [.. source.Tensors.Select(t => t.As(rename(t.Name), t.Shape.ToArray())), .. more]);
        }

        return copy;
    }

    float[] Rows(string folder)
    {
        var bert = (Bert)ModelLoader.Load(folder, device).Model;
        using Compute c = device.NewCompute(Numerics.Exact);
        int[] ids = [2, 17, 73, 3];
        Tensor rows = bert.Forward(c, ids, [], bert.Plan([ids]));
        var values = new float[rows.Rows * rows.Columns];
        c.Read(rows, values);
        return values;
    }
}
