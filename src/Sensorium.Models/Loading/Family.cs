using Sensorium.Tensors;
using Sensorium.Weights;

namespace Sensorium.Models.Loading;

/// <summary>Opens the parts that a composed checkpoint names.</summary>
public interface IPartOpener
{
    /// <summary>Builds another checkpoint as a part of this one; its weights are loaded with this one's.</summary>
    /// <param name="path">As the config has it, relative to the config's folder.</param>
    /// <param name="key">The config's key, for messages.</param>
    ModelPart Open(string path, string key);

    /// <summary>A weights file of this checkpoint's own folder.</summary>
    Checkpoint Weights(string file, string key);

    /// <summary>A JSON file of settings beside the config, such as <c>preprocessor_config.json</c>; null where there is none.</summary>
    /// <exception cref="CheckpointException">It is broken.</exception>
    Config? Settings(string file);

    /// <summary>The same for a file that holds an array of objects, such as <c>modules.json</c>; null where there is none.</summary>
    /// <exception cref="CheckpointException">It is broken.</exception>
    IReadOnlyList<Config>? SettingsList(string file);

    /// <summary>The weights of a folder inside this checkpoint's own; they are loaded with this one's.</summary>
    /// <param name="folder">Relative to the checkpoint's folder.</param>
    Checkpoint WeightsOf(string folder);
}

/// <summary>A model built from a checkpoint, and the files it came from.</summary>
/// <param name="Model">A backbone, an encoder, a composed model.</param>
/// <param name="Files">Its files: config, tokenizer, template.</param>
public sealed record ModelPart(object Model, ModelFiles Files)
{
    /// <summary>All its weights, those of its parts included; set once it is loaded.</summary>
    public IReadOnlyList<Weight> Weights { get; init; } = [];
}

/// <summary>What becomes a vector.</summary>
[Flags]
public enum Embeds
{
    /// <summary>Nothing does.</summary>
    Nothing = 0,

    /// <summary>Texts do.</summary>
    Texts = 1,

    /// <summary>Pictures do.</summary>
    Pictures = 2,
}

/// <summary>One kind of checkpoint: its names in configs, what it takes and gives, and how it is built.</summary>
public sealed record Family
{
    /// <summary><c>model_type</c>, or timm's <c>architecture</c>.</summary>
    public required string Type { get; init; }

    /// <summary>A name for people.</summary>
    public required string Title { get; init; }

    /// <summary>What it takes: text, pictures.</summary>
    public required string Takes { get; init; }

    /// <summary>What it gives: text, labels, boxes.</summary>
    public required string Gives { get; init; }

    /// <summary>What it turns into vectors by itself (see <see cref="IEmbeds"/>).</summary>
    public Embeds Embeds { get; init; }

    /// <summary>Builds the model on a checkpoint's root.</summary>
    public required Func<Checkpoint, Config, IPartOpener, object> Build { get; init; }

    /// <summary>How the hub's own files spell the names, where they do it in several ways; null: as the model does.</summary>
    public NameTable? HubNames { get; init; }

    /// <summary>
    /// What the reference's class has where the config is a section of another and leaves a key out, as published ones do; null:
    /// sections are read as they are.
    /// </summary>
    public string? SectionDefaults { get; init; }

    /// <summary><c>general.architecture</c> in GGUF files; null where the family has no GGUF form.</summary>
    public GgufForm? Gguf { get; init; }
}
