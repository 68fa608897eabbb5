using Sensorium.Media.Images;
using Sensorium.Models;
using Sensorium.Models.Encoders;
using Sensorium.Models.Encoders.Transformers;
using Sensorium.Tensors;

namespace Sensorium.Cli.Verify.Forward;

/// <summary>A vision transformer on <c>pixel_values</c> or on files: hidden states, pooled and projected vectors, logits, features for a language model.</summary>
static class VisionForward
{
    public static IEnumerable<CheckRow> Run(Check check, VisionModel model, VerifySession session)
    {
        Compute c = session.Compute;
        c.Reset();
        using var observed = new Observed(c);
        FeatureMaps pixels = check.HasInput("pixel_values")
            ? PixelValues.Of(c, check.Input("pixel_values"))
            : Pixels.Of(c, model.Processor, [.. check.Files.Select(file => ImageDecoder.DecodeFile(file))]);
        PatchRows rows = model.Transformer.Forward(c, pixels);
        return [.. FieldChecks.Compare(check, field => Field(field) is { } values ? ExpectedShapes.Rows(values, check.ShapeOf(field)) : null, session.Judge)];

        Values? Field(string field) => field switch
        {
            "last_hidden_state" => c.Values(rows.Rows),
            "pooler_output" => model.Transformer.PooledSize > 0 ? c.Values(model.Transformer.Pool(c, rows)) : null,
            "image_embeds" => c.Values(model.Vectors(c, rows)),
            "logits" => model is VisionClassifier classifier ? c.Values(classifier.Classify(c, rows)) : null,
            "image_features" => c.Values(FeatureLayers.Read(new Config("case.json", check.Json), model.Transformer.Config.NumHiddenLayers).Forward(c, model.Transformer, pixels)),
            _ => observed[field],
        };
    }
}
