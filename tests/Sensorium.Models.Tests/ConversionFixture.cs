using Sensorium.Models.Backbones;
using Sensorium.Models.Loading;
using Sensorium.Tensors;
using Sensorium.Tensors.Cpu;

namespace Sensorium.Models.Tests;

/// <summary>What tests of conversions work with: checkpoints to change, a device, and a folder for results.</summary>
public abstract class ConversionFixture : IDisposable
{
    private protected string Folder { get; } = Directory.CreateTempSubdirectory("sensorium-convert-").FullName;

    private protected TestCheckpoints Checkpoints { get; } = new();

    private protected CpuDevice Device { get; } = new(1);

    public void Dispose()
    {
        Checkpoints.Dispose();
        Device.Dispose();
        Directory.Delete(Folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    private protected string At(string name) => Path.Combine(Folder, name);

    private protected static string Bundle(string name) => Path.Combine(TestCheckpoints.Bundle(name), "model");

    /// <summary>Logits of a decoder or, for a source of as many tokens, of an encoder with a decoder; an encoder's vector.</summary>
    private protected float[] Answers(string path, int tokens = 24)
    {
        object model = ModelLoader.Load(path, Device).Model;
        int size = model is Backbone decoder ? decoder.VocabularySize : ((Bert)model).VocabularySize;
        int[] ids = [.. Enumerable.Range(0, tokens).Select(i => (int)((i + 1) * 2654435761L % size))];
        using Compute c = Device.NewCompute(Numerics.Exact);
        Tensor answer = model switch
        {
            Bert encoder => encoder.Vectors(c, [ids]),
            EncoderDecoder pair => Logits(c, pair, ids, Remembering(c, pair, ids)),
            _ => Logits(c, (Backbone)model, ids, Plan.Of(causal: true, ids.Length)),
        };
        var values = new float[(int)(answer.Rows * answer.Columns)];
        c.Read(answer, values);
        return values;
    }

    static Plan Remembering(Compute c, EncoderDecoder model, int[] source)
    {
        Plan sources = Plan.Of(causal: false, source.Length), plan = Plan.Of(causal: true, source.Length);
        plan.Remember(model.Encode(c, model.Embed(c, source), sources), sources);
        return plan;
    }

    static Tensor Logits(Compute c, Backbone model, int[] ids, Plan plan) => model.Logits(c, model.Norm(c, model.Forward(c, model.Embed(c, ids), plan)));
}
