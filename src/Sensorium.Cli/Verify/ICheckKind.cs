namespace Sensorium.Cli.Verify;

/// <summary>Runs the checks of one kind.</summary>
public interface ICheckKind
{
    /// <summary>What case.json calls it.</summary>
    string Kind { get; }

    /// <summary>Computes and compares: a row a field.</summary>
    /// <exception cref="SkipException">It cannot be run here.</exception>
    IEnumerable<CheckRow> Run(Check check, VerifySession session);
}

/// <summary>Runs a bundle that has no list of checks but a form of its own.</summary>
public interface IBundleKind
{
    /// <summary>The bundle's name.</summary>
    string Name { get; }

    /// <summary>Computes and compares: a row a field.</summary>
    IEnumerable<CheckRow> Run(Bundle bundle, VerifySession session);
}
