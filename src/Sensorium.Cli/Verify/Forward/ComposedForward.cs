using Sensorium.Cli.Verify.Kinds;
using Sensorium.Media.Images;
using Sensorium.Models.Encoders;
using Sensorium.Models.Projectors;
using Sensorium.Models.Systems;
using Sensorium.Tensors;

namespace Sensorium.Cli.Verify.Forward;

/// <summary>A composed model's parts on files: what its encoders say, its soft tokens, and the logits of a question.</summary>
static class ComposedForward
{
    public static IEnumerable<CheckRow> Run(Check check, ComposedParts parts, VerifySession session)
    {
        Compute c = session.Compute;
        Dictionary<string, Values> values = check.Component switch
        {
            null => Logits(check, session),
            "projector" => Stack(check.Files.Select((_, i) => Project(c, parts, check, i))),
            string name => Stack(check.Files.Select(file => Look(c, parts, name, file))),
        };
        return [.. FieldChecks.Compare(check, field => values.TryGetValue(field, out Values? found) ? ExpectedShapes.Rows(found, check.ShapeOf(field)) : null, session.Judge)];
    }

    static Dictionary<string, Values> Look(Compute c, ComposedParts parts, string name, string file)
    {
        NamedEncoder encoder = parts.Encoders.FirstOrDefault(e => string.Equals(e.Name, name, StringComparison.Ordinal)) ?? throw new InvalidOperationException($"the model has no encoder '{name}'");
        c.Reset();
        var outputs = new EncoderOutputs();
        IReadOnlyDictionary<string, EncoderOutput> said = encoder.Encoder.Encode(c, Pixels.Of(c, encoder.Encoder.Processor, ImageDecoder.DecodeFile(file)), encoder.Request);
        outputs.Add(said);
        Dictionary<string, Values> values = said.ToDictionary(o => o.Key, o => c.Values(o.Value.Values), StringComparer.Ordinal);
        if (parts.Projector is LabelObjectBridge bridge)
        {
            if (said.ContainsKey("logits"))
            {
                values["probabilities"] = c.Values(bridge.Probabilities(c, outputs["logits"]));
            }

            if (said.ContainsKey("score"))
            {
                (int[] classes, float[] features) = bridge.Surest(c, outputs);
                values["classes"] = Values.OfIntegers(classes, classes.Length);
                values["object_features"] = Values.Of(features, classes.Length, features.Length / classes.Length);
                values["count"] = values["count"] with { IsInteger = true };
            }
        }

        return values;
    }

    /// <summary>The projector on the reference's own encoder outputs, so that it is judged by itself.</summary>
    static Dictionary<string, Values> Project(Compute c, ComposedParts parts, Check check, int picture)
    {
        c.Reset();
        var outputs = new EncoderOutputs();
        foreach (string name in parts.Projector.Reads)
        {
            Values all = check.HasInput(name) ? check.Input(name) : check.InputFrom(name);
            int size = all.Count / all.Shape[0];
            float[] own = all.ToFloats()[(picture * size)..((picture + 1) * size)];
            int columns = all.Shape.Length > 2 ? all.Shape[^1] : size;
            outputs.Add(name, c.FromHost(own, size / columns, columns));
        }

        return new Dictionary<string, Values>(StringComparer.Ordinal) { ["soft_tokens"] = c.Values(parts.Projector.Forward(c, outputs)) };
    }

    static Dictionary<string, Values> Logits(Check check, VerifySession session)
    {
        LanguageSystem system = session.System(check);
        var message = new Message("user", [.. check.Files.Select(f => new ContentPart.Image(Picture.FromFile(f))), new ContentPart.Text(check.Text("question")!)]);
        return new Dictionary<string, Values>(StringComparer.Ordinal) { ["logits"] = PromptPass.LastLogits(system, session.Compute, system.Prompt([message])) };
    }

    static Dictionary<string, Values> Stack(IEnumerable<Dictionary<string, Values>> pictures)
    {
        Dictionary<string, Values>[] all = [.. pictures];
        return all[0].Keys.ToDictionary(
            name => name,
            name => new Values([.. all.SelectMany(p => p[name].Data)], [all.Length, .. all[0][name].Shape], all[0][name].IsInteger),
            StringComparer.Ordinal);
    }
}
