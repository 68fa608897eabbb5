using Sensorium.Inference;
using Sensorium.Models.Loading;
using Sensorium.Models.Systems;
using Sensorium.Tensors;
using Sensorium.Text.Tokenizers;
using Sensorium.Weights;

namespace Sensorium.Cli.Verify;

/// <summary>What the checks of a run share: the device, a context, and the models that were loaded last.</summary>
public sealed class VerifySession : IDisposable
{
    const int MostModels = 2;

    readonly List<(string Path, object Model)> loaded = [];
    Engine? engine;

    /// <param name="device">Where to compute; stays the caller's.</param>
    /// <param name="options">How.</param>
    public VerifySession(Device device, VerifyOptions options)
    {
        Device = device;
        Options = options;
        Compute = device.NewCompute(options.Numerics);
    }

    /// <summary>Where it is computed.</summary>
    public Device Device { get; }

    /// <summary>How bundles are run.</summary>
    public VerifyOptions Options { get; }

    /// <summary>The context for forward passes; reset by whoever starts one.</summary>
    public Compute Compute { get; }

    /// <summary>Whether distances decide. In Fast mode they only do where a bundle says by how much.</summary>
    public bool Judge => !Options.Fast;

    /// <summary>The engine, for checks that generate.</summary>
    public Engine Engine => engine ??= new Engine(Device, new EngineOptions { Numerics = Options.Numerics });

    /// <summary>The model of a check, built and loaded.</summary>
    /// <exception cref="SkipException">It is not there, or its family is not built yet.</exception>
    public ModelPart Model(Check check) => Model(Locate(check));

    /// <summary>The model at a path, built and loaded.</summary>
    /// <exception cref="SkipException">Its family is not built yet.</exception>
    public ModelPart Model(string path) => Cached(path, () => ModelLoader.Load(path, Device));

    /// <summary>The model of a check as it answers: with tokenizer and template.</summary>
    /// <exception cref="SkipException">It is not there, or its family is not built yet.</exception>
    public LanguageSystem System(Check check) => SystemAt(Locate(check));

    /// <summary>The model at a path as it answers.</summary>
    /// <exception cref="SkipException">Its family is not built yet.</exception>
    public LanguageSystem SystemAt(string path) => Cached(path, () => ModelLoader.LoadSystem(path, Device));

    /// <summary>The model of a check as it embeds: with tokenizer, pooling and processor.</summary>
    /// <exception cref="SkipException">It is not there, or its family is not built yet.</exception>
    public EmbeddingSystem Embeddings(Check check) => EmbeddingsAt(Locate(check));

    /// <summary>The model at a path as it embeds.</summary>
    /// <exception cref="SkipException">Its family is not built yet.</exception>
    public EmbeddingSystem EmbeddingsAt(string path) => Cached(path, () => ModelLoader.LoadEmbeddings(path, Device));

    /// <summary>A tokenizer, kept while the checks that follow name the same.</summary>
    public Tokenizer Tokenizer(string key, Func<Tokenizer> load) => Cached(key, load);

    /// <inheritdoc/>
    public void Dispose()
    {
        engine?.Dispose();
        Compute.Dispose();
    }

    static string Locate(Check check) =>
        check.Bundle.FindModel(check.Text("model") ?? check.Text("weights")) ?? throw new SkipException("the model is not there");

    T Cached<T>(string path, Func<T> load)
        where T : class
    {
        if (loaded.FirstOrDefault(m => string.Equals(m.Path, path, StringComparison.Ordinal) && m.Model is T).Model is T known)
        {
            return known;
        }

        try
        {
            T model = load();
            if (loaded.Count == MostModels)
            {
                loaded.RemoveAt(0);
            }

            loaded.Add((path, model));
            return model;
        }
        catch (CheckpointException e) when (e.Item is "model_type" or "architecture" or "general.architecture" or "clip.projector_type")
        {
            throw new SkipException($"the family is not built yet: {e.Message}");
        }
    }
}
