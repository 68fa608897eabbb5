using Sensorium.Media;
using Sensorium.Media.Images;
using Sensorium.Models.Backbones;
using Sensorium.Models.Encoders;
using Sensorium.Models.Loading;
using Sensorium.Models.Projectors;
using Sensorium.Tensors;
using Sensorium.Text.Tokenizers;
using Sensorium.Weights;

namespace Sensorium.Models.Systems;

/// <summary>One encoder of a composed model and what is asked of it.</summary>
/// <param name="Name">Its name in the config.</param>
/// <param name="Encoder">The encoder.</param>
/// <param name="Request">What is wanted of it.</param>
public sealed record NamedEncoder(string Name, VisionEncoder Encoder, EncoderRequest Request);

/// <summary>The parts of a composed checkpoint (<c>model_type: "composed"</c>): named encoders, a projector, a backbone.</summary>
/// <param name="Encoders">Each gets the whole picture through its own preprocessing.</param>
/// <param name="Projector">Makes soft tokens of what they say.</param>
/// <param name="Language">The backbone and its files.</param>
public sealed record ComposedParts(IReadOnlyList<NamedEncoder> Encoders, Projector Projector, ModelPart Language) : IAnswers
{
    static readonly Dictionary<string, Func<Checkpoint, Config, Projector>> Projectors = new(StringComparer.Ordinal)
    {
        ["label-object-bridge"] = (at, json) => new LabelObjectBridge(at, json),
    };

    /// <summary>Builds the parts that a config names.</summary>
    /// <exception cref="CheckpointException">A part is missing or of the wrong kind.</exception>
    public static ComposedParts Build(Config json, IPartOpener parts)
    {
        Config projectorJson = json.Section("projector");
        string type = projectorJson.String("type");
        if (!Projectors.TryGetValue(type, out Func<Checkpoint, Config, Projector>? make))
        {
            throw projectorJson.Bad("type", $"is '{type}', which is not supported; {string.Join(", ", Projectors.Keys)} are");
        }

        Projector projector = make(parts.Weights(projectorJson.String("weights", "model.safetensors"), "projector.weights"), projectorJson);
        var encoders = new List<NamedEncoder>();
        foreach (System.Text.Json.JsonProperty entry in json.Section("encoders").Properties)
        {
            Config settings = json.Section("encoders").Section(entry.Name);
            string key = $"encoders.{entry.Name}.model";
            ModelPart part = parts.Open(settings.String("model"), key);
            VisionEncoder encoder = part.Model as VisionEncoder ?? throw json.Bad(key, $"is a {part.Files.Family.Title}, not an encoder of pictures");
            encoders.Add(new NamedEncoder(entry.Name, encoder, new EncoderRequest(settings.SectionOrNull("outputs"), projector.Grid.Height, projector.Grid.Width)));
        }

        string[] given = [.. encoders.SelectMany(e => e.Encoder.Outputs)];
        if (projector.Reads.FirstOrDefault(name => !given.Contains(name, StringComparer.Ordinal)) is { } lacking)
        {
            throw json.Bad("encoders", $"lack '{lacking}', which the projector reads; they give {string.Join(", ", given)}");
        }

        ModelPart language = parts.Open(json.Section("language").String("model"), "language.model");
        Backbone backbone = language.Model as Backbone ?? throw json.Bad("language.model", $"is a {language.Files.Family.Title}, not a language model");
        int hidden = projectorJson.Int("hidden_size");
        return backbone.HiddenSize == hidden
            ? new ComposedParts(encoders, projector, language)
            : throw projectorJson.Bad("hidden_size", $"is {hidden}, the language model's is {backbone.HiddenSize}");
    }

    /// <inheritdoc/>
    public LanguageSystem ToSystem(ModelFiles files, string identity)
    {
        Tokenizer tokenizer = ModelLoader.TokenizerOf(Language.Files);
        GenerationConfig languages = Language.Files.ReadGeneration(tokenizer);
        GenerationConfig own = files.Config.SectionOrNull("generation") is { } section ? GenerationConfig.Read(section) : languages;
        return new ComposedSystem(this)
        {
            Name = files.Name,
            Backbone = (Backbone)Language.Model,
            Tokenizer = tokenizer,
            ChatTemplate = Language.Files.ReadTemplate(),
            Generation = own.EosTokenIds.Count > 0 ? own : own with { EosTokenIds = languages.EosTokenIds },
            Identity = identity,
        };
    }

    /// <summary>Runs all encoders on one picture.</summary>
    /// <param name="c">The context to compute in.</param>
    /// <param name="views">The picture as each encoder's processor makes it, in their order.</param>
    public EncoderOutputs Look(Compute c, IReadOnlyList<PixelRows> views)
    {
        var outputs = new EncoderOutputs();
        for (int i = 0; i < Encoders.Count; i++)
        {
            outputs.Add(Encoders[i].Encoder.Encode(c, views[i].On(c), Encoders[i].Request));
        }

        return outputs;
    }
}

/// <summary>A language model that sees through frozen encoders and a projector.</summary>
public sealed class ComposedSystem(ComposedParts parts) : LanguageSystem
{
    /// <summary>The parts.</summary>
    public ComposedParts Parts => parts;

    /// <inheritdoc/>
    public override int MaxPictures => Backbone.ContextLength / parts.Projector.NumSoftTokens;

    /// <inheritdoc/>
    public override int SoftTokens(Picture picture) => parts.Projector.NumSoftTokens;

    /// <inheritdoc/>
    public override PreparedPicture Prepare(Picture picture, MediaBudget budget)
    {
        Image image = picture.Decode(budget);
        return new PreparedPicture(picture, [.. parts.Encoders.Select(encoder => PixelRows.Of(encoder.Encoder.Processor, image))]);
    }

    /// <inheritdoc/>
    public override Tensor Encode(Compute c, PreparedPicture picture) => parts.Projector.Forward(c, parts.Look(c, picture.Views));
}
