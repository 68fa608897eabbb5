using System.Text.Json;
using Sensorium.Models.Systems;
using Sensorium.Tensors;

namespace Sensorium.Cli.Verify.Kinds;

/// <summary>The bundle <c>gguf-mmproj</c>: an encoder with its projector for each projector type, on preprocessed inputs.</summary>
sealed class GgufProjectors : IBundleKind
{
    // What the checkpoints were trained with comes before what llama.cpp computes.
    static readonly string[] References = ["output.exact_cls_first_erf", "output.exact_erf", "output.exact"];

    public string Name => "gguf-mmproj";

    public IEnumerable<CheckRow> Run(Bundle bundle, VerifySession session)
    {
        foreach (JsonProperty model in bundle.Json.GetProperty("models").EnumerateObject())
        {
            if (session.Options.Filter is not { } filter || Name.Contains(filter, StringComparison.OrdinalIgnoreCase) || model.Name.Contains(filter, StringComparison.OrdinalIgnoreCase))
            {
                yield return Model(bundle, model, session);
            }
        }
    }

    static CheckRow Model(Bundle bundle, JsonProperty model, VerifySession session)
    {
        string file = model.Value.GetProperty("model").GetString()!;
        if (bundle.Find(file) is not { } path)
        {
            return Skipped(model.Name, $"{file} is not there");
        }

        try
        {
            if (session.Model(path).Model is not LlavaVision eyes)
            {
                return Skipped(model.Name, "this projector is not built yet");
            }

            string tensors = model.Value.GetProperty("expected").GetString()!;
            Values input = bundle.Tensor(tensors, "input");
            (int height, int width) = (input.Shape[0], input.Shape[1]);
            Compute c = session.Compute;
            c.Reset();
            Values output = c.Values(eyes.Forward(c, new FeatureMaps(c.FromHost(input.ToFloats(), height * width, input.Shape[2]), new Grid((1, height, width)))));
            double allowed = model.Value.GetProperty("tolerance").GetProperty("engine_vs_exact_abs").GetDouble();
            return FieldChecks.Row(model.Name, "output", output, Expected(bundle, tensors), new Tolerance(allowed, 0), session.Judge);
        }
        catch (SkipException skip)
        {
            return Skipped(model.Name, skip.Message);
        }
    }

    static Values Expected(Bundle bundle, string tensors)
    {
        foreach (string name in References[..^1])
        {
            try
            {
                return bundle.Tensor(tensors, name);
            }
            catch (Weights.CheckpointException)
            {
                // Not every model has it.
            }
        }

        return bundle.Tensor(tensors, References[^1]);
    }

    static CheckRow Skipped(string name, string why) => new(name, "", Verdict.Skipped) { Detail = why };
}
